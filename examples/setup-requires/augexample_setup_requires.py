GREETING = "Hello from augexample-setup-requires!"
