"""Prices: the price list, price rules, and predicted against billed cost."""
