"""What every service of a farm needs: its data folder, logs, metrics, child processes, SQLite files, quarantine."""
