"""Looking ahead and back: forecasts of budgets, days that stand out, reports. All end as outbox messages."""
