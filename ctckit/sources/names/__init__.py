"""Labels out of the names of files and folders."""
