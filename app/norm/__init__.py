"""The norm as data: what 教科信厅〔2024〕2号 and the house rules demand, in pure functions."""
