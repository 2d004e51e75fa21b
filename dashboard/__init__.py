"""The farmer's page: Streamlit over the store, room by room (docs/DESIGN.md, "The house")."""

FARM_VARIABLE = "COOEE_FARM"
STORE_VARIABLE = "COOEE_STORE"
DATA_VARIABLE = "COOEE_DATA"
"""The store's URL may hold a token, and all can see the arguments of a process: they come by the environment."""
HOSTS_VARIABLE = "COOEE_PAGE_HOSTS"
USERS_VARIABLE = "COOEE_PAGE_USERS"
"""Names that the page answers to, and the file of who may sign in; without it everybody may."""
