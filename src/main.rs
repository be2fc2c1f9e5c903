//! `kmipspec`: parse arguments, call [`kmipspec::cli`], outcome to exit code.

use kmipspec::exit::Exit;

fn main() -> Exit {
    kmipspec::cli::main(std::env::args_os())
}
