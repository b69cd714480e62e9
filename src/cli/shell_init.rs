//! `windrow shell-init`: a `cd` that follows `windrow path`, and completion with the names that exist now.

use super::args::SetUpShell as Shell;
use super::complete;

/// The function for shells of the Bourne family. A substitution would lose line ends of the path itself: one character
/// guards them.
const POSIX: &str = r#"wcd() {
    case "${1-}" in
        -*) command windrow path "$@"; return ;;
    esac
    local windrow_to
    windrow_to="$(command windrow path "$@" && printf x)" || return
    windrow_to="${windrow_to%?x}"
    builtin cd -- "$windrow_to"
}
"#;

/// Completion of the function, and of `git windrow` where git's own completion is loaded.
const BASH: &str = r#"_windrow_wcd() {
    COMP_WORDS=(windrow path "${COMP_WORDS[@]:1}")
    COMP_CWORD=$((COMP_CWORD + 1))
    _clap_complete_windrow windrow "$2" path
}
complete -o nospace -o bashdefault -F _windrow_wcd wcd
_git_windrow() {
    COMP_WORDS=("${COMP_WORDS[@]:1}")
    COMP_CWORD=$((COMP_CWORD - 1))
    _clap_complete_windrow windrow "${COMP_WORDS[COMP_CWORD]}"
}
"#;

/// Completion needs zsh's own, which a plain zsh has not loaded.
const ZSH_BEFORE: &str = "(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }\n";

const ZSH: &str = r#"_windrow_wcd() {
    words=(windrow path "${(@)words[2,-1]}")
    (( CURRENT++ ))
    _clap_dynamic_completer_windrow
}
compdef _windrow_wcd wcd
"#;

const FISH: &str = r#"function wcd --description 'Go to the worktree of a task'
    if string match --quiet -- '-*' "$argv[1]"
        command windrow path $argv
        return
    end
    set --local windrow_to (command windrow path $argv | string collect)
    and builtin cd -- "$windrow_to"
end
complete --keep-order --exclusive --command wcd --arguments "(COMPLETE=fish windrow -- windrow path (commandline --current-process --tokenize --cut-at-cursor)[2..] (commandline --current-token))"
"#;

const POWERSHELL: &str = r"function wcd {
    $windrowTo = windrow path @args
    if ($LASTEXITCODE -eq 0) { Set-Location -LiteralPath ($windrowTo -join [Environment]::NewLine) }
}
";

/// Gives the script for a shell's start-up file.
pub(super) fn script(shell: Shell) -> String {
    let registration = complete::registration(shell.word()).unwrap_or_default();
    match shell {
        Shell::Bash => format!("{POSIX}{registration}{BASH}"),
        Shell::Zsh => format!("{POSIX}{ZSH_BEFORE}{registration}{ZSH}"),
        Shell::Fish => format!("{FISH}{registration}"),
        Shell::Powershell => format!("{POWERSHELL}{registration}"),
    }
}
