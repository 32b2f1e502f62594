"""What goes wrong around the program: kills, disks, databases, clocks."""
