"""What everything stands on"""
