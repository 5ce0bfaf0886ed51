"""`python -m peakmix` is the same as `peakmix`."""

from peakmix.cli.main import main

if __name__ == "__main__":
    main()
