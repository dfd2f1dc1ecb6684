"""How exact costs are: recorded responses through LLMLab and through others, against the true cost."""
