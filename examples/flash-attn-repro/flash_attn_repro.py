def main():
    print("Hello from flash-attn-repro!")
