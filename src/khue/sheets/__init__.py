"""Reading the Excel files of schools: pure, runs in a child process with limits. No Django."""
