"""The farmer's page: Streamlit over the store. Queries live in queries.py, charts in charts.py, pieces of HTML in cards.py."""

FARM_VARIABLE = "COOEE_FARM"
STORE_VARIABLE = "COOEE_STORE"
"""The store's URL may hold a token, and the arguments of a process are for all to see: both reach the page by its environment."""
