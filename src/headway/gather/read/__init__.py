"""What a revision's files hold: metrics, parameters, plots and records. Bytes in, plain values out."""
