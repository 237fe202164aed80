"""What a roll-out needs of GitHub: who approved it, the event that starts it, and the record of the deployment."""
