//! The `windrow` program.

fn main() -> std::process::ExitCode {
    windrow::cli::main()
}
