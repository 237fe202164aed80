"""The judge station: arithmetic of statistics, numbers in and numbers out. Pure; knows no table and no report."""
