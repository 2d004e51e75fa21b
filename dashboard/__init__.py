"""The farmer's page: Streamlit over the store. Queries live in queries.py, charts in charts.py, HTML in cards.py."""

FARM_VARIABLE = "COOEE_FARM"
STORE_VARIABLE = "COOEE_STORE"
"""The store's URL may hold a token, and all can see the arguments of a process: both come by the environment."""
