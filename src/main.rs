use std::process::ExitCode;

fn main() -> ExitCode {
    quibble::cli::main()
}
