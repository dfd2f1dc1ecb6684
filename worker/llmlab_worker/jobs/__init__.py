"""arq jobs and crons: one file a job."""
