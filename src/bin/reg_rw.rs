fn main() -> std::process::ExitCode {
    faascmd::reg_rw()
}
