//! Writes the man pages of all commands and the shells' completions into a folder: `cargo run --example papers -- FOLDER`.

use std::fs::{self, create_dir_all};
use std::io;
use std::path::{Path, PathBuf};

use clap_complete::Shell;
use faascmd::testing::{command, completion_script};

fn main() -> io::Result<()> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from).expect("a folder");
    let man = folder.join("man");
    create_dir_all(&man)?;
    for (shell, name) in [(Shell::Bash, "bash"), (Shell::Zsh, "zsh"), (Shell::Fish, "fish")] {
        fs::write(folder.join(name), completion_script(shell))?;
    }
    let mut command = command();
    command.build();
    pages(&command, &man)
}

/// A page for the command and for each below it.
fn pages(command: &clap::Command, folder: &Path) -> io::Result<()> {
    clap_mangen::Man::new(command.clone()).generate_to(folder)?;
    command.get_subcommands().filter(|below| !below.is_hide_set()).try_for_each(|below| pages(below, folder))
}
