//! `faascmd completions SHELL`: commands and flags as clap knows them, and the names of registers as the map has them.

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::Exit;
use super::context::Context;
use super::error::Outcome;
use super::parser::Cli;

/// What `reg names` prints is offered in front of what clap's script would.
const BASH: &str = r#"
_faascmd_with_registers() {
    local cur="${COMP_WORDS[COMP_CWORD]}" names
    names=$("$1" reg names "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
    if [[ -n $names ]]; then
        mapfile -t COMPREPLY <<<"$names"
        # A register may go on with one of its fields.
        [[ ${#COMPREPLY[@]} -eq 1 && $cur != *.* ]] && compopt -o nospace 2>/dev/null
        return 0
    fi
    _faascmd "$@"
}
complete -F _faascmd_with_registers -o bashdefault -o default faascmd
"#;

const ZSH: &str = r#"
_faascmd_registers() {
    local -a names
    names=(${(f)"$(faascmd reg names "$LBUFFER" 2>/dev/null)"})
    if (( $#names )); then
        compadd -M 'm:{a-zA-Z}={A-Za-z}' -a names
    else
        _default
    fi
}
"#;

const FISH: &str = r#"
complete -c faascmd -n "__fish_seen_subcommand_from reg; and __fish_seen_subcommand_from read write wait watch dump ls" -a '(faascmd reg names (commandline -cp | string collect) 2>/dev/null)'
"#;

/// Runs the command.
pub(super) fn run(shell: Shell, cx: &Context) -> Outcome {
    cx.ui.write(script(shell).as_bytes())?;
    Ok(Exit::Done)
}

/// A shell's whole script.
pub fn script(shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "faascmd", &mut script);
    with_registers(shell, String::from_utf8_lossy(&script).into_owned())
}

fn with_registers(shell: Shell, script: String) -> String {
    match shell {
        Shell::Bash => script + BASH,
        Shell::Fish => script + FISH,
        Shell::Zsh => {
            // In clap's words, what a place is completed with stands at the end of its line.
            let places = ["'*::places ", "':place ", "'*::words ", "':what ", "'::pattern "];
            let place = |line: &str| places.iter().any(|start| line.starts_with(start));
            let named = |line: &str| {
                let named = line.replace(":_default' \\", ":_faascmd_registers' \\");
                if place(line) { named } else { line.to_owned() }
            };
            let lines: Vec<String> = script.lines().map(named).collect();
            let (head, rest) =
                lines.split_first().map_or(("", &[][..]), |(head, rest)| (head.as_str(), rest));
            format!("{head}\n{ZSH}\n{}\n", rest.join("\n"))
        }
        _ => script,
    }
}
