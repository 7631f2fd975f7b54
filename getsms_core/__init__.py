"""The core of GETSMS Campaigns: everything but the screen. It knows nothing of streamlit or plotly."""
