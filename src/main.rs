//! The program `dechaff`; see `dechaff --help`.

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
