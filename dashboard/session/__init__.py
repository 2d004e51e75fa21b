"""What Streamlit does on every page for whoever reads it: language and units, notices, the menu, long lists."""
