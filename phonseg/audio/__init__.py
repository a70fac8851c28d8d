"""Any recording goes in; mono samples at the wanted rate, their level and what is wrong with them come out."""
