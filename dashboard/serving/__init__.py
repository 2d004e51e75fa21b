"""What comes before Streamlit: the server, its own files, and the page as it is until Streamlit has started."""
