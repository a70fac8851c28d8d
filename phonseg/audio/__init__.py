"""Any recording -> mono samples at a chosen rate, their level, and what is wrong with them."""
