"""What starts the program: settings, migrations, web assembly, roles and the command line."""
