fn main() -> std::process::ExitCode {
    faascmd::cli::main()
}
