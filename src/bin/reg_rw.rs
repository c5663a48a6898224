fn main() -> std::process::ExitCode {
    faascmd::cli::reg_rw::main()
}
