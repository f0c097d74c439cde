"""函件: letters, deliveries, signatures, contact chains."""
