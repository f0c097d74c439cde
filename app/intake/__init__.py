"""投诉举报: portal, form, assistant, receipt."""
