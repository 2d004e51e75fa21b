"""The farmer's page: Streamlit over the store. Queries live in queries.py, charts in charts.py, cards in cards.py."""
