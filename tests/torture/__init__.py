"""What the torture test needs: a day that grows in a file, and a command that dies where it is told."""
