# nothing is set
