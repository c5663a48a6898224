fn main() -> std::process::ExitCode {
    faascmd::main()
}
