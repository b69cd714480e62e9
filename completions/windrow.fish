# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_windrow_global_optspecs
    string join \n C= json color= no-pager q/quiet v/verbose y/yes dry-run h/help V/version
end

function __fish_windrow_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_windrow_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_windrow_using_subcommand
    set -l cmd (__fish_windrow_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c windrow -n "__fish_windrow_needs_command" -s C -d 'Run as if started in PATH' -r -F
complete -c windrow -n "__fish_windrow_needs_command" -l color -d 'Write colours: on a terminal, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c windrow -n "__fish_windrow_needs_command" -l json -d 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output'
complete -c windrow -n "__fish_windrow_needs_command" -l no-pager -d 'Never send long output to a pager'
complete -c windrow -n "__fish_windrow_needs_command" -s q -l quiet -d 'Leave out narration'
complete -c windrow -n "__fish_windrow_needs_command" -s v -l verbose -d 'Say more'
complete -c windrow -n "__fish_windrow_needs_command" -s y -l yes -d 'Consent where it would be asked for'
complete -c windrow -n "__fish_windrow_needs_command" -l dry-run -d 'Show what would be changed, and change nothing'
complete -c windrow -n "__fish_windrow_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c windrow -n "__fish_windrow_needs_command" -s V -l version -d 'Print version'
complete -c windrow -n "__fish_windrow_needs_command" -f -a "start" -d 'Make a branch and a worktree for each name, in parallel'
complete -c windrow -n "__fish_windrow_needs_command" -f -a "adopt" -d 'Make a task of a worktree that something else created'
complete -c windrow -n "__fish_windrow_needs_command" -f -a "run" -d 'Run agents on tasks, in parallel: a worktree, a branch and an agent each'
complete -c windrow -n "__fish_windrow_needs_command" -f -a "plan" -d 'Show what a plan would run: order, bases, agents, overlapping paths'
complete -c windrow -n "__fish_windrow_needs_command" -f -a "status" -d 'Show every task: what its agent does, what is uncommitted, how far it is from its base, whether it would merge'
complete -c windrow -n "__fish_windrow_needs_command" -f -a "ls" -d 'Show every task: what its agent does, what is uncommitted, how far it is from its base, whether it would merge'
complete -c windrow -n "__fish_windrow_needs_command" -f -a "logs" -d 'Print what a task\'s agent wrote'
complete -c windrow -n "__fish_windrow_needs_command" -f -a "wait" -d 'Wait for running tasks, and say what became of each'
complete -c windrow -n "__fish_windrow_needs_command" -f -a "stop" -d 'End running tasks: ask their agents, wait a little, then end all of their processes'
complete -c windrow -n "__fish_windrow_needs_command" -f -a "send" -d 'Give a task\'s agent a follow-up, in the same session and the same worktree'
complete -c windrow -n "__fish_windrow_needs_command" -f -a "path" -d 'Print the path of a task\'s worktree'
complete -c windrow -n "__fish_windrow_needs_command" -f -a "diff" -d 'Show what a task changed against its merge base: commits, staged, unstaged and untracked in one'
complete -c windrow -n "__fish_windrow_needs_command" -f -a "review" -d 'Read what tasks changed, file by file, and decide what becomes of each'
complete -c windrow -n "__fish_windrow_needs_command" -f -a "forecast" -d 'Show which tasks conflict with their base and with each other, where, and in which order they should land'
complete -c windrow -n "__fish_windrow_needs_command" -f -a "merge" -d 'Merge tasks back into their base: one after the other on the moving tip, dependencies first'
complete -c windrow -n "__fish_windrow_needs_command" -f -a "clean" -d 'Remove worktrees and branches of finished tasks, with the reason for each'
complete -c windrow -n "__fish_windrow_needs_command" -f -a "undo" -d 'Take back the newest operation that is not undone, or the one that is named'
complete -c windrow -n "__fish_windrow_needs_command" -f -a "redo" -d 'Take back the newest undo'
complete -c windrow -n "__fish_windrow_needs_command" -f -a "history" -d 'List what was done, newest first, and what of it is undone'
complete -c windrow -n "__fish_windrow_needs_command" -f -a "trash" -d 'Show the trash, bring things back from it, or empty it'
complete -c windrow -n "__fish_windrow_needs_command" -f -a "report" -d 'Write the integration report of a run: what each task was asked, what came of it, what to do next'
complete -c windrow -n "__fish_windrow_needs_command" -f -a "init" -d 'Write a starter plan.toml and .config/windrow.toml, every key explained'
complete -c windrow -n "__fish_windrow_needs_command" -f -a "agents" -d 'List the agents that a plan can name, and which of them are installed'
complete -c windrow -n "__fish_windrow_needs_command" -f -a "doctor" -d 'Say what this repository and this machine can do, and what is left over of work that was cut off'
complete -c windrow -n "__fish_windrow_needs_command" -f -a "approve" -d 'Approve the commands of the repository\'s own settings, or what an agent changed that decides what runs'
complete -c windrow -n "__fish_windrow_needs_command" -f -a "shell-init" -d 'Print what a shell needs for `wcd NAME`, a cd into a task\'s worktree, and for completion of the names that exist now'
complete -c windrow -n "__fish_windrow_needs_command" -f -a "completions" -d 'Print the completion script of a shell'
complete -c windrow -n "__fish_windrow_needs_command" -f -a "man" -d 'Write the manual pages into a directory'
complete -c windrow -n "__fish_windrow_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c windrow -n "__fish_windrow_using_subcommand start" -l base -d 'Branch or commit to start from [default: HEAD of the worktree one stands in]' -r
complete -c windrow -n "__fish_windrow_using_subcommand start" -l branch -d 'Branch of the task, where it is not to be its name; with one NAME' -r
complete -c windrow -n "__fish_windrow_using_subcommand start" -s C -d 'Run as if started in PATH' -r -F
complete -c windrow -n "__fish_windrow_using_subcommand start" -l color -d 'Write colours: on a terminal, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c windrow -n "__fish_windrow_using_subcommand start" -l carry -d 'Move the uncommitted changes of the worktree one stands in to the new one; with one NAME'
complete -c windrow -n "__fish_windrow_using_subcommand start" -l json -d 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output'
complete -c windrow -n "__fish_windrow_using_subcommand start" -l no-pager -d 'Never send long output to a pager'
complete -c windrow -n "__fish_windrow_using_subcommand start" -s q -l quiet -d 'Leave out narration'
complete -c windrow -n "__fish_windrow_using_subcommand start" -s v -l verbose -d 'Say more'
complete -c windrow -n "__fish_windrow_using_subcommand start" -s y -l yes -d 'Consent where it would be asked for'
complete -c windrow -n "__fish_windrow_using_subcommand start" -l dry-run -d 'Show what would be changed, and change nothing'
complete -c windrow -n "__fish_windrow_using_subcommand start" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c windrow -n "__fish_windrow_using_subcommand adopt" -l name -d 'Name of the task, where it is not to be the branch\'s; with one PATH' -r
complete -c windrow -n "__fish_windrow_using_subcommand adopt" -l base -d 'Branch that it is merged back into [default: the nearest one]' -r
complete -c windrow -n "__fish_windrow_using_subcommand adopt" -s C -d 'Run as if started in PATH' -r -F
complete -c windrow -n "__fish_windrow_using_subcommand adopt" -l color -d 'Write colours: on a terminal, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c windrow -n "__fish_windrow_using_subcommand adopt" -l json -d 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output'
complete -c windrow -n "__fish_windrow_using_subcommand adopt" -l no-pager -d 'Never send long output to a pager'
complete -c windrow -n "__fish_windrow_using_subcommand adopt" -s q -l quiet -d 'Leave out narration'
complete -c windrow -n "__fish_windrow_using_subcommand adopt" -s v -l verbose -d 'Say more'
complete -c windrow -n "__fish_windrow_using_subcommand adopt" -s y -l yes -d 'Consent where it would be asked for'
complete -c windrow -n "__fish_windrow_using_subcommand adopt" -l dry-run -d 'Show what would be changed, and change nothing'
complete -c windrow -n "__fish_windrow_using_subcommand adopt" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c windrow -n "__fish_windrow_using_subcommand run" -l task -d 'Run only this task of the plan; may be given more than once' -r
complete -c windrow -n "__fish_windrow_using_subcommand run" -s j -l jobs -d 'How many agents run at once [default: 4]' -r
complete -c windrow -n "__fish_windrow_using_subcommand run" -l base -d 'Branch or commit to start from, where the plan does not say [default: HEAD]' -r
complete -c windrow -n "__fish_windrow_using_subcommand run" -l agent -d 'Agent for every task: one of the plan\'s, of the settings\', or a known client' -r
complete -c windrow -n "__fish_windrow_using_subcommand run" -l command -d 'Shell line to run as the agent of every task; it reads the prompt from standard input' -r
complete -c windrow -n "__fish_windrow_using_subcommand run" -l timeout -d 'Wall-clock limit of each agent, such as 90s, 30m or 2h' -r
complete -c windrow -n "__fish_windrow_using_subcommand run" -l max-cost -d 'Start no more agents once the run has cost this many US dollars; running ones finish' -r
complete -c windrow -n "__fish_windrow_using_subcommand run" -s C -d 'Run as if started in PATH' -r -F
complete -c windrow -n "__fish_windrow_using_subcommand run" -l color -d 'Write colours: on a terminal, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c windrow -n "__fish_windrow_using_subcommand run" -l detach -d 'Let the run go on without this terminal, and print how to follow it'
complete -c windrow -n "__fish_windrow_using_subcommand run" -l fresh -d 'Move worktrees and branches of these tasks to the trash first, finished ones too, and begin anew'
complete -c windrow -n "__fish_windrow_using_subcommand run" -l fail-fast -d 'After the first task that is not done, start no more'
complete -c windrow -n "__fish_windrow_using_subcommand run" -l json -d 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output'
complete -c windrow -n "__fish_windrow_using_subcommand run" -l no-pager -d 'Never send long output to a pager'
complete -c windrow -n "__fish_windrow_using_subcommand run" -s q -l quiet -d 'Leave out narration'
complete -c windrow -n "__fish_windrow_using_subcommand run" -s v -l verbose -d 'Say more'
complete -c windrow -n "__fish_windrow_using_subcommand run" -s y -l yes -d 'Consent where it would be asked for'
complete -c windrow -n "__fish_windrow_using_subcommand run" -l dry-run -d 'Show what would be changed, and change nothing'
complete -c windrow -n "__fish_windrow_using_subcommand run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c windrow -n "__fish_windrow_using_subcommand plan" -s C -d 'Run as if started in PATH' -r -F
complete -c windrow -n "__fish_windrow_using_subcommand plan" -l color -d 'Write colours: on a terminal, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c windrow -n "__fish_windrow_using_subcommand plan" -l json -d 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output'
complete -c windrow -n "__fish_windrow_using_subcommand plan" -l no-pager -d 'Never send long output to a pager'
complete -c windrow -n "__fish_windrow_using_subcommand plan" -s q -l quiet -d 'Leave out narration'
complete -c windrow -n "__fish_windrow_using_subcommand plan" -s v -l verbose -d 'Say more'
complete -c windrow -n "__fish_windrow_using_subcommand plan" -s y -l yes -d 'Consent where it would be asked for'
complete -c windrow -n "__fish_windrow_using_subcommand plan" -l dry-run -d 'Show what would be changed, and change nothing'
complete -c windrow -n "__fish_windrow_using_subcommand plan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c windrow -n "__fish_windrow_using_subcommand status" -s C -d 'Run as if started in PATH' -r -F
complete -c windrow -n "__fish_windrow_using_subcommand status" -l color -d 'Write colours: on a terminal, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c windrow -n "__fish_windrow_using_subcommand status" -l watch -d 'Show it again whenever something changes, until interrupted'
complete -c windrow -n "__fish_windrow_using_subcommand status" -l json -d 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output'
complete -c windrow -n "__fish_windrow_using_subcommand status" -l no-pager -d 'Never send long output to a pager'
complete -c windrow -n "__fish_windrow_using_subcommand status" -s q -l quiet -d 'Leave out narration'
complete -c windrow -n "__fish_windrow_using_subcommand status" -s v -l verbose -d 'Say more'
complete -c windrow -n "__fish_windrow_using_subcommand status" -s y -l yes -d 'Consent where it would be asked for'
complete -c windrow -n "__fish_windrow_using_subcommand status" -l dry-run -d 'Show what would be changed, and change nothing'
complete -c windrow -n "__fish_windrow_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c windrow -n "__fish_windrow_using_subcommand ls" -s C -d 'Run as if started in PATH' -r -F
complete -c windrow -n "__fish_windrow_using_subcommand ls" -l color -d 'Write colours: on a terminal, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c windrow -n "__fish_windrow_using_subcommand ls" -l watch -d 'Show it again whenever something changes, until interrupted'
complete -c windrow -n "__fish_windrow_using_subcommand ls" -l json -d 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output'
complete -c windrow -n "__fish_windrow_using_subcommand ls" -l no-pager -d 'Never send long output to a pager'
complete -c windrow -n "__fish_windrow_using_subcommand ls" -s q -l quiet -d 'Leave out narration'
complete -c windrow -n "__fish_windrow_using_subcommand ls" -s v -l verbose -d 'Say more'
complete -c windrow -n "__fish_windrow_using_subcommand ls" -s y -l yes -d 'Consent where it would be asked for'
complete -c windrow -n "__fish_windrow_using_subcommand ls" -l dry-run -d 'Show what would be changed, and change nothing'
complete -c windrow -n "__fish_windrow_using_subcommand ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c windrow -n "__fish_windrow_using_subcommand logs" -l run -d 'The run whose log is meant [default: the last one]' -r
complete -c windrow -n "__fish_windrow_using_subcommand logs" -s C -d 'Run as if started in PATH' -r -F
complete -c windrow -n "__fish_windrow_using_subcommand logs" -l color -d 'Write colours: on a terminal, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c windrow -n "__fish_windrow_using_subcommand logs" -s f -l follow -d 'Go on until the agent ends'
complete -c windrow -n "__fish_windrow_using_subcommand logs" -l all -d 'The logs of all tasks; with --follow, what all agents at work write, each line after its task'
complete -c windrow -n "__fish_windrow_using_subcommand logs" -l raw -d 'Print bytes as they are'
complete -c windrow -n "__fish_windrow_using_subcommand logs" -l json -d 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output'
complete -c windrow -n "__fish_windrow_using_subcommand logs" -l no-pager -d 'Never send long output to a pager'
complete -c windrow -n "__fish_windrow_using_subcommand logs" -s q -l quiet -d 'Leave out narration'
complete -c windrow -n "__fish_windrow_using_subcommand logs" -s v -l verbose -d 'Say more'
complete -c windrow -n "__fish_windrow_using_subcommand logs" -s y -l yes -d 'Consent where it would be asked for'
complete -c windrow -n "__fish_windrow_using_subcommand logs" -l dry-run -d 'Show what would be changed, and change nothing'
complete -c windrow -n "__fish_windrow_using_subcommand logs" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c windrow -n "__fish_windrow_using_subcommand wait" -l run -d 'All tasks of this run' -r
complete -c windrow -n "__fish_windrow_using_subcommand wait" -l timeout -d 'Wait no longer than this, such as 90s, 30m or 2h' -r
complete -c windrow -n "__fish_windrow_using_subcommand wait" -s C -d 'Run as if started in PATH' -r -F
complete -c windrow -n "__fish_windrow_using_subcommand wait" -l color -d 'Write colours: on a terminal, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c windrow -n "__fish_windrow_using_subcommand wait" -l json -d 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output'
complete -c windrow -n "__fish_windrow_using_subcommand wait" -l no-pager -d 'Never send long output to a pager'
complete -c windrow -n "__fish_windrow_using_subcommand wait" -s q -l quiet -d 'Leave out narration'
complete -c windrow -n "__fish_windrow_using_subcommand wait" -s v -l verbose -d 'Say more'
complete -c windrow -n "__fish_windrow_using_subcommand wait" -s y -l yes -d 'Consent where it would be asked for'
complete -c windrow -n "__fish_windrow_using_subcommand wait" -l dry-run -d 'Show what would be changed, and change nothing'
complete -c windrow -n "__fish_windrow_using_subcommand wait" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c windrow -n "__fish_windrow_using_subcommand stop" -s C -d 'Run as if started in PATH' -r -F
complete -c windrow -n "__fish_windrow_using_subcommand stop" -l color -d 'Write colours: on a terminal, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c windrow -n "__fish_windrow_using_subcommand stop" -l all -d 'All running tasks, and the runs that they belong to'
complete -c windrow -n "__fish_windrow_using_subcommand stop" -l kill -d 'Do not ask, kill'
complete -c windrow -n "__fish_windrow_using_subcommand stop" -l json -d 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output'
complete -c windrow -n "__fish_windrow_using_subcommand stop" -l no-pager -d 'Never send long output to a pager'
complete -c windrow -n "__fish_windrow_using_subcommand stop" -s q -l quiet -d 'Leave out narration'
complete -c windrow -n "__fish_windrow_using_subcommand stop" -s v -l verbose -d 'Say more'
complete -c windrow -n "__fish_windrow_using_subcommand stop" -s y -l yes -d 'Consent where it would be asked for'
complete -c windrow -n "__fish_windrow_using_subcommand stop" -l dry-run -d 'Show what would be changed, and change nothing'
complete -c windrow -n "__fish_windrow_using_subcommand stop" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c windrow -n "__fish_windrow_using_subcommand send" -s C -d 'Run as if started in PATH' -r -F
complete -c windrow -n "__fish_windrow_using_subcommand send" -l color -d 'Write colours: on a terminal, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c windrow -n "__fish_windrow_using_subcommand send" -l json -d 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output'
complete -c windrow -n "__fish_windrow_using_subcommand send" -l no-pager -d 'Never send long output to a pager'
complete -c windrow -n "__fish_windrow_using_subcommand send" -s q -l quiet -d 'Leave out narration'
complete -c windrow -n "__fish_windrow_using_subcommand send" -s v -l verbose -d 'Say more'
complete -c windrow -n "__fish_windrow_using_subcommand send" -s y -l yes -d 'Consent where it would be asked for'
complete -c windrow -n "__fish_windrow_using_subcommand send" -l dry-run -d 'Show what would be changed, and change nothing'
complete -c windrow -n "__fish_windrow_using_subcommand send" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c windrow -n "__fish_windrow_using_subcommand path" -s C -d 'Run as if started in PATH' -r -F
complete -c windrow -n "__fish_windrow_using_subcommand path" -l color -d 'Write colours: on a terminal, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c windrow -n "__fish_windrow_using_subcommand path" -l json -d 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output'
complete -c windrow -n "__fish_windrow_using_subcommand path" -l no-pager -d 'Never send long output to a pager'
complete -c windrow -n "__fish_windrow_using_subcommand path" -s q -l quiet -d 'Leave out narration'
complete -c windrow -n "__fish_windrow_using_subcommand path" -s v -l verbose -d 'Say more'
complete -c windrow -n "__fish_windrow_using_subcommand path" -s y -l yes -d 'Consent where it would be asked for'
complete -c windrow -n "__fish_windrow_using_subcommand path" -l dry-run -d 'Show what would be changed, and change nothing'
complete -c windrow -n "__fish_windrow_using_subcommand path" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c windrow -n "__fish_windrow_using_subcommand diff" -l attempt -d 'Only what one attempt of the task\'s agent changed, counted from 1 over all its runs: from its start to the next one\'s, or to now' -r
complete -c windrow -n "__fish_windrow_using_subcommand diff" -s C -d 'Run as if started in PATH' -r -F
complete -c windrow -n "__fish_windrow_using_subcommand diff" -l color -d 'Write colours: on a terminal, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c windrow -n "__fish_windrow_using_subcommand diff" -l stat -d 'Files and counts of lines instead of the text'
complete -c windrow -n "__fish_windrow_using_subcommand diff" -l name-only -d 'Names of files only'
complete -c windrow -n "__fish_windrow_using_subcommand diff" -l since-review -d 'Only what is new since the task was accepted in `review`; before that, only files not marked as viewed'
complete -c windrow -n "__fish_windrow_using_subcommand diff" -l json -d 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output'
complete -c windrow -n "__fish_windrow_using_subcommand diff" -l no-pager -d 'Never send long output to a pager'
complete -c windrow -n "__fish_windrow_using_subcommand diff" -s q -l quiet -d 'Leave out narration'
complete -c windrow -n "__fish_windrow_using_subcommand diff" -s v -l verbose -d 'Say more'
complete -c windrow -n "__fish_windrow_using_subcommand diff" -s y -l yes -d 'Consent where it would be asked for'
complete -c windrow -n "__fish_windrow_using_subcommand diff" -l dry-run -d 'Show what would be changed, and change nothing'
complete -c windrow -n "__fish_windrow_using_subcommand diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c windrow -n "__fish_windrow_using_subcommand review" -s C -d 'Run as if started in PATH' -r -F
complete -c windrow -n "__fish_windrow_using_subcommand review" -l color -d 'Write colours: on a terminal, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c windrow -n "__fish_windrow_using_subcommand review" -l all -d 'Every task that changed something'
complete -c windrow -n "__fish_windrow_using_subcommand review" -l json -d 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output'
complete -c windrow -n "__fish_windrow_using_subcommand review" -l no-pager -d 'Never send long output to a pager'
complete -c windrow -n "__fish_windrow_using_subcommand review" -s q -l quiet -d 'Leave out narration'
complete -c windrow -n "__fish_windrow_using_subcommand review" -s v -l verbose -d 'Say more'
complete -c windrow -n "__fish_windrow_using_subcommand review" -s y -l yes -d 'Consent where it would be asked for'
complete -c windrow -n "__fish_windrow_using_subcommand review" -l dry-run -d 'Show what would be changed, and change nothing'
complete -c windrow -n "__fish_windrow_using_subcommand review" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c windrow -n "__fish_windrow_using_subcommand forecast" -s C -d 'Run as if started in PATH' -r -F
complete -c windrow -n "__fish_windrow_using_subcommand forecast" -l color -d 'Write colours: on a terminal, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c windrow -n "__fish_windrow_using_subcommand forecast" -l watch -d 'Show it again whenever something changes, until interrupted'
complete -c windrow -n "__fish_windrow_using_subcommand forecast" -l json -d 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output'
complete -c windrow -n "__fish_windrow_using_subcommand forecast" -l no-pager -d 'Never send long output to a pager'
complete -c windrow -n "__fish_windrow_using_subcommand forecast" -s q -l quiet -d 'Leave out narration'
complete -c windrow -n "__fish_windrow_using_subcommand forecast" -s v -l verbose -d 'Say more'
complete -c windrow -n "__fish_windrow_using_subcommand forecast" -s y -l yes -d 'Consent where it would be asked for'
complete -c windrow -n "__fish_windrow_using_subcommand forecast" -l dry-run -d 'Show what would be changed, and change nothing'
complete -c windrow -n "__fish_windrow_using_subcommand forecast" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c windrow -n "__fish_windrow_using_subcommand merge" -l skip -d 'Leave this task out, and what stands on it; may be given more than once' -r
complete -c windrow -n "__fish_windrow_using_subcommand merge" -l into -d 'Branch to merge into [default: the root of the tasks\' bases]' -r
complete -c windrow -n "__fish_windrow_using_subcommand merge" -l strategy -d 'How commits come into the target [default: merge; with --continue, what --resolve was given]' -r -f -a "merge\t'A merge commit, always'
squash\t'One commit with all changes'
rebase\t'Each commit made again on the target, as git rebase does'
ff\t'Move the target to the branch\'s tip, or turn the task away'"
complete -c windrow -n "__fish_windrow_using_subcommand merge" -l gate -d 'Shell line that has to succeed on the merged tree [default: the plan\'s at the time of the run, else the settings\']' -r
complete -c windrow -n "__fish_windrow_using_subcommand merge" -s j -l jobs -d 'How many states are tested at once [default: half of the processors, at most 4]' -r
complete -c windrow -n "__fish_windrow_using_subcommand merge" -l gate-retries -d 'How often a gate that fails is tried again; one that passes then is flaky, and lands' -r
complete -c windrow -n "__fish_windrow_using_subcommand merge" -l gate-timeout -d 'How long a gate may take on one state; one that takes longer fails [default: the settings\', else no limit]' -r
complete -c windrow -n "__fish_windrow_using_subcommand merge" -l expect -d 'Land only if it is exactly what a dry run showed with this digest' -r
complete -c windrow -n "__fish_windrow_using_subcommand merge" -l resolver -d 'Shell line that solves conflicts with the target in a task\'s worktree; their paths are in WINDROW_CONFLICTS, and what it makes of them is tested like all else' -r
complete -c windrow -n "__fish_windrow_using_subcommand merge" -s m -l message -d 'Message of a squash or a merge commit: a template with {task} {branch} {into} {run} {title} {commits} [default of a squash: the settings\' `squash-message`]' -r
complete -c windrow -n "__fish_windrow_using_subcommand merge" -l message-command -d 'Shell line that writes the message of a task\'s squash or merge commit; it reads the change as a patch' -r
complete -c windrow -n "__fish_windrow_using_subcommand merge" -s C -d 'Run as if started in PATH' -r -F
complete -c windrow -n "__fish_windrow_using_subcommand merge" -l color -d 'Write colours: on a terminal, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c windrow -n "__fish_windrow_using_subcommand merge" -l all -d 'Every task that is done, or was never run, and has something to land'
complete -c windrow -n "__fish_windrow_using_subcommand merge" -l no-cache -d 'Test again what has passed before'
complete -c windrow -n "__fish_windrow_using_subcommand merge" -l commit -d 'Commit first what is uncommitted in the tasks\' worktrees, hooks and signing included'
complete -c windrow -n "__fish_windrow_using_subcommand merge" -l clean -d 'Remove the worktrees and branches of what was landed, as clean does'
complete -c windrow -n "__fish_windrow_using_subcommand merge" -l resolve -d 'Merge the target into the task\'s branch, in its worktree, to solve conflicts there'
complete -c windrow -n "__fish_windrow_using_subcommand merge" -l continue -d 'Commit the merge that --resolve began, and land the task'
complete -c windrow -n "__fish_windrow_using_subcommand merge" -l abort -d 'End the merge that --resolve began; the worktree is again as it was before'
complete -c windrow -n "__fish_windrow_using_subcommand merge" -l json -d 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output'
complete -c windrow -n "__fish_windrow_using_subcommand merge" -l no-pager -d 'Never send long output to a pager'
complete -c windrow -n "__fish_windrow_using_subcommand merge" -s q -l quiet -d 'Leave out narration'
complete -c windrow -n "__fish_windrow_using_subcommand merge" -s v -l verbose -d 'Say more'
complete -c windrow -n "__fish_windrow_using_subcommand merge" -s y -l yes -d 'Consent where it would be asked for'
complete -c windrow -n "__fish_windrow_using_subcommand merge" -l dry-run -d 'Show what would be changed, and change nothing'
complete -c windrow -n "__fish_windrow_using_subcommand merge" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c windrow -n "__fish_windrow_using_subcommand clean" -l discard -d 'Let this class of content go with its worktree; may be given more than once' -r
complete -c windrow -n "__fish_windrow_using_subcommand clean" -s C -d 'Run as if started in PATH' -r -F
complete -c windrow -n "__fish_windrow_using_subcommand clean" -l color -d 'Write colours: on a terminal, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c windrow -n "__fish_windrow_using_subcommand clean" -l json -d 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output'
complete -c windrow -n "__fish_windrow_using_subcommand clean" -l no-pager -d 'Never send long output to a pager'
complete -c windrow -n "__fish_windrow_using_subcommand clean" -s q -l quiet -d 'Leave out narration'
complete -c windrow -n "__fish_windrow_using_subcommand clean" -s v -l verbose -d 'Say more'
complete -c windrow -n "__fish_windrow_using_subcommand clean" -s y -l yes -d 'Consent where it would be asked for'
complete -c windrow -n "__fish_windrow_using_subcommand clean" -l dry-run -d 'Show what would be changed, and change nothing'
complete -c windrow -n "__fish_windrow_using_subcommand clean" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c windrow -n "__fish_windrow_using_subcommand undo" -s C -d 'Run as if started in PATH' -r -F
complete -c windrow -n "__fish_windrow_using_subcommand undo" -l color -d 'Write colours: on a terminal, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c windrow -n "__fish_windrow_using_subcommand undo" -l json -d 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output'
complete -c windrow -n "__fish_windrow_using_subcommand undo" -l no-pager -d 'Never send long output to a pager'
complete -c windrow -n "__fish_windrow_using_subcommand undo" -s q -l quiet -d 'Leave out narration'
complete -c windrow -n "__fish_windrow_using_subcommand undo" -s v -l verbose -d 'Say more'
complete -c windrow -n "__fish_windrow_using_subcommand undo" -s y -l yes -d 'Consent where it would be asked for'
complete -c windrow -n "__fish_windrow_using_subcommand undo" -l dry-run -d 'Show what would be changed, and change nothing'
complete -c windrow -n "__fish_windrow_using_subcommand undo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c windrow -n "__fish_windrow_using_subcommand redo" -s C -d 'Run as if started in PATH' -r -F
complete -c windrow -n "__fish_windrow_using_subcommand redo" -l color -d 'Write colours: on a terminal, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c windrow -n "__fish_windrow_using_subcommand redo" -l json -d 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output'
complete -c windrow -n "__fish_windrow_using_subcommand redo" -l no-pager -d 'Never send long output to a pager'
complete -c windrow -n "__fish_windrow_using_subcommand redo" -s q -l quiet -d 'Leave out narration'
complete -c windrow -n "__fish_windrow_using_subcommand redo" -s v -l verbose -d 'Say more'
complete -c windrow -n "__fish_windrow_using_subcommand redo" -s y -l yes -d 'Consent where it would be asked for'
complete -c windrow -n "__fish_windrow_using_subcommand redo" -l dry-run -d 'Show what would be changed, and change nothing'
complete -c windrow -n "__fish_windrow_using_subcommand redo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c windrow -n "__fish_windrow_using_subcommand history" -s n -l limit -d 'How many rows to show' -r
complete -c windrow -n "__fish_windrow_using_subcommand history" -s C -d 'Run as if started in PATH' -r -F
complete -c windrow -n "__fish_windrow_using_subcommand history" -l color -d 'Write colours: on a terminal, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c windrow -n "__fish_windrow_using_subcommand history" -l json -d 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output'
complete -c windrow -n "__fish_windrow_using_subcommand history" -l no-pager -d 'Never send long output to a pager'
complete -c windrow -n "__fish_windrow_using_subcommand history" -s q -l quiet -d 'Leave out narration'
complete -c windrow -n "__fish_windrow_using_subcommand history" -s v -l verbose -d 'Say more'
complete -c windrow -n "__fish_windrow_using_subcommand history" -s y -l yes -d 'Consent where it would be asked for'
complete -c windrow -n "__fish_windrow_using_subcommand history" -l dry-run -d 'Show what would be changed, and change nothing'
complete -c windrow -n "__fish_windrow_using_subcommand history" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c windrow -n "__fish_windrow_using_subcommand trash; and not __fish_seen_subcommand_from list restore empty help" -s C -d 'Run as if started in PATH' -r -F
complete -c windrow -n "__fish_windrow_using_subcommand trash; and not __fish_seen_subcommand_from list restore empty help" -l color -d 'Write colours: on a terminal, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c windrow -n "__fish_windrow_using_subcommand trash; and not __fish_seen_subcommand_from list restore empty help" -l json -d 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output'
complete -c windrow -n "__fish_windrow_using_subcommand trash; and not __fish_seen_subcommand_from list restore empty help" -l no-pager -d 'Never send long output to a pager'
complete -c windrow -n "__fish_windrow_using_subcommand trash; and not __fish_seen_subcommand_from list restore empty help" -s q -l quiet -d 'Leave out narration'
complete -c windrow -n "__fish_windrow_using_subcommand trash; and not __fish_seen_subcommand_from list restore empty help" -s v -l verbose -d 'Say more'
complete -c windrow -n "__fish_windrow_using_subcommand trash; and not __fish_seen_subcommand_from list restore empty help" -s y -l yes -d 'Consent where it would be asked for'
complete -c windrow -n "__fish_windrow_using_subcommand trash; and not __fish_seen_subcommand_from list restore empty help" -l dry-run -d 'Show what would be changed, and change nothing'
complete -c windrow -n "__fish_windrow_using_subcommand trash; and not __fish_seen_subcommand_from list restore empty help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c windrow -n "__fish_windrow_using_subcommand trash; and not __fish_seen_subcommand_from list restore empty help" -f -a "list" -d 'List what lies in the trash, oldest first, and the command that brings each back'
complete -c windrow -n "__fish_windrow_using_subcommand trash; and not __fish_seen_subcommand_from list restore empty help" -f -a "restore" -d 'Bring worktrees and their branches back, though the operation that removed them can no longer be undone'
complete -c windrow -n "__fish_windrow_using_subcommand trash; and not __fish_seen_subcommand_from list restore empty help" -f -a "empty" -d 'Delete what lies in the trash, for good'
complete -c windrow -n "__fish_windrow_using_subcommand trash; and not __fish_seen_subcommand_from list restore empty help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c windrow -n "__fish_windrow_using_subcommand trash; and __fish_seen_subcommand_from list" -s C -d 'Run as if started in PATH' -r -F
complete -c windrow -n "__fish_windrow_using_subcommand trash; and __fish_seen_subcommand_from list" -l color -d 'Write colours: on a terminal, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c windrow -n "__fish_windrow_using_subcommand trash; and __fish_seen_subcommand_from list" -l json -d 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output'
complete -c windrow -n "__fish_windrow_using_subcommand trash; and __fish_seen_subcommand_from list" -l no-pager -d 'Never send long output to a pager'
complete -c windrow -n "__fish_windrow_using_subcommand trash; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Leave out narration'
complete -c windrow -n "__fish_windrow_using_subcommand trash; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more'
complete -c windrow -n "__fish_windrow_using_subcommand trash; and __fish_seen_subcommand_from list" -s y -l yes -d 'Consent where it would be asked for'
complete -c windrow -n "__fish_windrow_using_subcommand trash; and __fish_seen_subcommand_from list" -l dry-run -d 'Show what would be changed, and change nothing'
complete -c windrow -n "__fish_windrow_using_subcommand trash; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c windrow -n "__fish_windrow_using_subcommand trash; and __fish_seen_subcommand_from restore" -l as -d 'The name of the task and the branch that it comes back as' -r
complete -c windrow -n "__fish_windrow_using_subcommand trash; and __fish_seen_subcommand_from restore" -s C -d 'Run as if started in PATH' -r -F
complete -c windrow -n "__fish_windrow_using_subcommand trash; and __fish_seen_subcommand_from restore" -l color -d 'Write colours: on a terminal, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c windrow -n "__fish_windrow_using_subcommand trash; and __fish_seen_subcommand_from restore" -l json -d 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output'
complete -c windrow -n "__fish_windrow_using_subcommand trash; and __fish_seen_subcommand_from restore" -l no-pager -d 'Never send long output to a pager'
complete -c windrow -n "__fish_windrow_using_subcommand trash; and __fish_seen_subcommand_from restore" -s q -l quiet -d 'Leave out narration'
complete -c windrow -n "__fish_windrow_using_subcommand trash; and __fish_seen_subcommand_from restore" -s v -l verbose -d 'Say more'
complete -c windrow -n "__fish_windrow_using_subcommand trash; and __fish_seen_subcommand_from restore" -s y -l yes -d 'Consent where it would be asked for'
complete -c windrow -n "__fish_windrow_using_subcommand trash; and __fish_seen_subcommand_from restore" -l dry-run -d 'Show what would be changed, and change nothing'
complete -c windrow -n "__fish_windrow_using_subcommand trash; and __fish_seen_subcommand_from restore" -s h -l help -d 'Print help'
complete -c windrow -n "__fish_windrow_using_subcommand trash; and __fish_seen_subcommand_from empty" -l older-than -d 'Only what is older: 30d, 12h' -r
complete -c windrow -n "__fish_windrow_using_subcommand trash; and __fish_seen_subcommand_from empty" -s C -d 'Run as if started in PATH' -r -F
complete -c windrow -n "__fish_windrow_using_subcommand trash; and __fish_seen_subcommand_from empty" -l color -d 'Write colours: on a terminal, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c windrow -n "__fish_windrow_using_subcommand trash; and __fish_seen_subcommand_from empty" -l permanently -d 'Do not ask: nothing brings back what is deleted'
complete -c windrow -n "__fish_windrow_using_subcommand trash; and __fish_seen_subcommand_from empty" -l json -d 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output'
complete -c windrow -n "__fish_windrow_using_subcommand trash; and __fish_seen_subcommand_from empty" -l no-pager -d 'Never send long output to a pager'
complete -c windrow -n "__fish_windrow_using_subcommand trash; and __fish_seen_subcommand_from empty" -s q -l quiet -d 'Leave out narration'
complete -c windrow -n "__fish_windrow_using_subcommand trash; and __fish_seen_subcommand_from empty" -s v -l verbose -d 'Say more'
complete -c windrow -n "__fish_windrow_using_subcommand trash; and __fish_seen_subcommand_from empty" -s y -l yes -d 'Consent where it would be asked for'
complete -c windrow -n "__fish_windrow_using_subcommand trash; and __fish_seen_subcommand_from empty" -l dry-run -d 'Show what would be changed, and change nothing'
complete -c windrow -n "__fish_windrow_using_subcommand trash; and __fish_seen_subcommand_from empty" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c windrow -n "__fish_windrow_using_subcommand trash; and __fish_seen_subcommand_from help" -f -a "list" -d 'List what lies in the trash, oldest first, and the command that brings each back'
complete -c windrow -n "__fish_windrow_using_subcommand trash; and __fish_seen_subcommand_from help" -f -a "restore" -d 'Bring worktrees and their branches back, though the operation that removed them can no longer be undone'
complete -c windrow -n "__fish_windrow_using_subcommand trash; and __fish_seen_subcommand_from help" -f -a "empty" -d 'Delete what lies in the trash, for good'
complete -c windrow -n "__fish_windrow_using_subcommand trash; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c windrow -n "__fish_windrow_using_subcommand report" -l format -d 'Form of the report' -r -f -a "md\t'Markdown'
json\t'The JSON document'"
complete -c windrow -n "__fish_windrow_using_subcommand report" -s C -d 'Run as if started in PATH' -r -F
complete -c windrow -n "__fish_windrow_using_subcommand report" -l color -d 'Write colours: on a terminal, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c windrow -n "__fish_windrow_using_subcommand report" -l json -d 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output'
complete -c windrow -n "__fish_windrow_using_subcommand report" -l no-pager -d 'Never send long output to a pager'
complete -c windrow -n "__fish_windrow_using_subcommand report" -s q -l quiet -d 'Leave out narration'
complete -c windrow -n "__fish_windrow_using_subcommand report" -s v -l verbose -d 'Say more'
complete -c windrow -n "__fish_windrow_using_subcommand report" -s y -l yes -d 'Consent where it would be asked for'
complete -c windrow -n "__fish_windrow_using_subcommand report" -l dry-run -d 'Show what would be changed, and change nothing'
complete -c windrow -n "__fish_windrow_using_subcommand report" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c windrow -n "__fish_windrow_using_subcommand init" -s C -d 'Run as if started in PATH' -r -F
complete -c windrow -n "__fish_windrow_using_subcommand init" -l color -d 'Write colours: on a terminal, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c windrow -n "__fish_windrow_using_subcommand init" -l json -d 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output'
complete -c windrow -n "__fish_windrow_using_subcommand init" -l no-pager -d 'Never send long output to a pager'
complete -c windrow -n "__fish_windrow_using_subcommand init" -s q -l quiet -d 'Leave out narration'
complete -c windrow -n "__fish_windrow_using_subcommand init" -s v -l verbose -d 'Say more'
complete -c windrow -n "__fish_windrow_using_subcommand init" -s y -l yes -d 'Consent where it would be asked for'
complete -c windrow -n "__fish_windrow_using_subcommand init" -l dry-run -d 'Show what would be changed, and change nothing'
complete -c windrow -n "__fish_windrow_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c windrow -n "__fish_windrow_using_subcommand agents" -s C -d 'Run as if started in PATH' -r -F
complete -c windrow -n "__fish_windrow_using_subcommand agents" -l color -d 'Write colours: on a terminal, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c windrow -n "__fish_windrow_using_subcommand agents" -l json -d 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output'
complete -c windrow -n "__fish_windrow_using_subcommand agents" -l no-pager -d 'Never send long output to a pager'
complete -c windrow -n "__fish_windrow_using_subcommand agents" -s q -l quiet -d 'Leave out narration'
complete -c windrow -n "__fish_windrow_using_subcommand agents" -s v -l verbose -d 'Say more'
complete -c windrow -n "__fish_windrow_using_subcommand agents" -s y -l yes -d 'Consent where it would be asked for'
complete -c windrow -n "__fish_windrow_using_subcommand agents" -l dry-run -d 'Show what would be changed, and change nothing'
complete -c windrow -n "__fish_windrow_using_subcommand agents" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c windrow -n "__fish_windrow_using_subcommand doctor" -s C -d 'Run as if started in PATH' -r -F
complete -c windrow -n "__fish_windrow_using_subcommand doctor" -l color -d 'Write colours: on a terminal, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c windrow -n "__fish_windrow_using_subcommand doctor" -l fix -d 'Recover what was left unfinished'
complete -c windrow -n "__fish_windrow_using_subcommand doctor" -l json -d 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output'
complete -c windrow -n "__fish_windrow_using_subcommand doctor" -l no-pager -d 'Never send long output to a pager'
complete -c windrow -n "__fish_windrow_using_subcommand doctor" -s q -l quiet -d 'Leave out narration'
complete -c windrow -n "__fish_windrow_using_subcommand doctor" -s v -l verbose -d 'Say more'
complete -c windrow -n "__fish_windrow_using_subcommand doctor" -s y -l yes -d 'Consent where it would be asked for'
complete -c windrow -n "__fish_windrow_using_subcommand doctor" -l dry-run -d 'Show what would be changed, and change nothing'
complete -c windrow -n "__fish_windrow_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c windrow -n "__fish_windrow_using_subcommand approve" -s C -d 'Run as if started in PATH' -r -F
complete -c windrow -n "__fish_windrow_using_subcommand approve" -l color -d 'Write colours: on a terminal, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c windrow -n "__fish_windrow_using_subcommand approve" -l revoke -d 'Take all approvals of this repository back'
complete -c windrow -n "__fish_windrow_using_subcommand approve" -l json -d 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output'
complete -c windrow -n "__fish_windrow_using_subcommand approve" -l no-pager -d 'Never send long output to a pager'
complete -c windrow -n "__fish_windrow_using_subcommand approve" -s q -l quiet -d 'Leave out narration'
complete -c windrow -n "__fish_windrow_using_subcommand approve" -s v -l verbose -d 'Say more'
complete -c windrow -n "__fish_windrow_using_subcommand approve" -s y -l yes -d 'Consent where it would be asked for'
complete -c windrow -n "__fish_windrow_using_subcommand approve" -l dry-run -d 'Show what would be changed, and change nothing'
complete -c windrow -n "__fish_windrow_using_subcommand approve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c windrow -n "__fish_windrow_using_subcommand shell-init" -s C -d 'Run as if started in PATH' -r -F
complete -c windrow -n "__fish_windrow_using_subcommand shell-init" -l color -d 'Write colours: on a terminal, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c windrow -n "__fish_windrow_using_subcommand shell-init" -l json -d 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output'
complete -c windrow -n "__fish_windrow_using_subcommand shell-init" -l no-pager -d 'Never send long output to a pager'
complete -c windrow -n "__fish_windrow_using_subcommand shell-init" -s q -l quiet -d 'Leave out narration'
complete -c windrow -n "__fish_windrow_using_subcommand shell-init" -s v -l verbose -d 'Say more'
complete -c windrow -n "__fish_windrow_using_subcommand shell-init" -s y -l yes -d 'Consent where it would be asked for'
complete -c windrow -n "__fish_windrow_using_subcommand shell-init" -l dry-run -d 'Show what would be changed, and change nothing'
complete -c windrow -n "__fish_windrow_using_subcommand shell-init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c windrow -n "__fish_windrow_using_subcommand completions" -s C -d 'Run as if started in PATH' -r -F
complete -c windrow -n "__fish_windrow_using_subcommand completions" -l color -d 'Write colours: on a terminal, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c windrow -n "__fish_windrow_using_subcommand completions" -l json -d 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output'
complete -c windrow -n "__fish_windrow_using_subcommand completions" -l no-pager -d 'Never send long output to a pager'
complete -c windrow -n "__fish_windrow_using_subcommand completions" -s q -l quiet -d 'Leave out narration'
complete -c windrow -n "__fish_windrow_using_subcommand completions" -s v -l verbose -d 'Say more'
complete -c windrow -n "__fish_windrow_using_subcommand completions" -s y -l yes -d 'Consent where it would be asked for'
complete -c windrow -n "__fish_windrow_using_subcommand completions" -l dry-run -d 'Show what would be changed, and change nothing'
complete -c windrow -n "__fish_windrow_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c windrow -n "__fish_windrow_using_subcommand man" -s C -d 'Run as if started in PATH' -r -F
complete -c windrow -n "__fish_windrow_using_subcommand man" -l color -d 'Write colours: on a terminal, always or never' -r -f -a "auto\t''
always\t''
never\t''"
complete -c windrow -n "__fish_windrow_using_subcommand man" -l json -d 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output'
complete -c windrow -n "__fish_windrow_using_subcommand man" -l no-pager -d 'Never send long output to a pager'
complete -c windrow -n "__fish_windrow_using_subcommand man" -s q -l quiet -d 'Leave out narration'
complete -c windrow -n "__fish_windrow_using_subcommand man" -s v -l verbose -d 'Say more'
complete -c windrow -n "__fish_windrow_using_subcommand man" -s y -l yes -d 'Consent where it would be asked for'
complete -c windrow -n "__fish_windrow_using_subcommand man" -l dry-run -d 'Show what would be changed, and change nothing'
complete -c windrow -n "__fish_windrow_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c windrow -n "__fish_windrow_using_subcommand help; and not __fish_seen_subcommand_from start adopt run plan status logs wait stop send path diff review forecast merge clean undo redo history trash report init agents doctor approve shell-init completions man help" -f -a "start" -d 'Make a branch and a worktree for each name, in parallel'
complete -c windrow -n "__fish_windrow_using_subcommand help; and not __fish_seen_subcommand_from start adopt run plan status logs wait stop send path diff review forecast merge clean undo redo history trash report init agents doctor approve shell-init completions man help" -f -a "adopt" -d 'Make a task of a worktree that something else created'
complete -c windrow -n "__fish_windrow_using_subcommand help; and not __fish_seen_subcommand_from start adopt run plan status logs wait stop send path diff review forecast merge clean undo redo history trash report init agents doctor approve shell-init completions man help" -f -a "run" -d 'Run agents on tasks, in parallel: a worktree, a branch and an agent each'
complete -c windrow -n "__fish_windrow_using_subcommand help; and not __fish_seen_subcommand_from start adopt run plan status logs wait stop send path diff review forecast merge clean undo redo history trash report init agents doctor approve shell-init completions man help" -f -a "plan" -d 'Show what a plan would run: order, bases, agents, overlapping paths'
complete -c windrow -n "__fish_windrow_using_subcommand help; and not __fish_seen_subcommand_from start adopt run plan status logs wait stop send path diff review forecast merge clean undo redo history trash report init agents doctor approve shell-init completions man help" -f -a "status" -d 'Show every task: what its agent does, what is uncommitted, how far it is from its base, whether it would merge'
complete -c windrow -n "__fish_windrow_using_subcommand help; and not __fish_seen_subcommand_from start adopt run plan status logs wait stop send path diff review forecast merge clean undo redo history trash report init agents doctor approve shell-init completions man help" -f -a "logs" -d 'Print what a task\'s agent wrote'
complete -c windrow -n "__fish_windrow_using_subcommand help; and not __fish_seen_subcommand_from start adopt run plan status logs wait stop send path diff review forecast merge clean undo redo history trash report init agents doctor approve shell-init completions man help" -f -a "wait" -d 'Wait for running tasks, and say what became of each'
complete -c windrow -n "__fish_windrow_using_subcommand help; and not __fish_seen_subcommand_from start adopt run plan status logs wait stop send path diff review forecast merge clean undo redo history trash report init agents doctor approve shell-init completions man help" -f -a "stop" -d 'End running tasks: ask their agents, wait a little, then end all of their processes'
complete -c windrow -n "__fish_windrow_using_subcommand help; and not __fish_seen_subcommand_from start adopt run plan status logs wait stop send path diff review forecast merge clean undo redo history trash report init agents doctor approve shell-init completions man help" -f -a "send" -d 'Give a task\'s agent a follow-up, in the same session and the same worktree'
complete -c windrow -n "__fish_windrow_using_subcommand help; and not __fish_seen_subcommand_from start adopt run plan status logs wait stop send path diff review forecast merge clean undo redo history trash report init agents doctor approve shell-init completions man help" -f -a "path" -d 'Print the path of a task\'s worktree'
complete -c windrow -n "__fish_windrow_using_subcommand help; and not __fish_seen_subcommand_from start adopt run plan status logs wait stop send path diff review forecast merge clean undo redo history trash report init agents doctor approve shell-init completions man help" -f -a "diff" -d 'Show what a task changed against its merge base: commits, staged, unstaged and untracked in one'
complete -c windrow -n "__fish_windrow_using_subcommand help; and not __fish_seen_subcommand_from start adopt run plan status logs wait stop send path diff review forecast merge clean undo redo history trash report init agents doctor approve shell-init completions man help" -f -a "review" -d 'Read what tasks changed, file by file, and decide what becomes of each'
complete -c windrow -n "__fish_windrow_using_subcommand help; and not __fish_seen_subcommand_from start adopt run plan status logs wait stop send path diff review forecast merge clean undo redo history trash report init agents doctor approve shell-init completions man help" -f -a "forecast" -d 'Show which tasks conflict with their base and with each other, where, and in which order they should land'
complete -c windrow -n "__fish_windrow_using_subcommand help; and not __fish_seen_subcommand_from start adopt run plan status logs wait stop send path diff review forecast merge clean undo redo history trash report init agents doctor approve shell-init completions man help" -f -a "merge" -d 'Merge tasks back into their base: one after the other on the moving tip, dependencies first'
complete -c windrow -n "__fish_windrow_using_subcommand help; and not __fish_seen_subcommand_from start adopt run plan status logs wait stop send path diff review forecast merge clean undo redo history trash report init agents doctor approve shell-init completions man help" -f -a "clean" -d 'Remove worktrees and branches of finished tasks, with the reason for each'
complete -c windrow -n "__fish_windrow_using_subcommand help; and not __fish_seen_subcommand_from start adopt run plan status logs wait stop send path diff review forecast merge clean undo redo history trash report init agents doctor approve shell-init completions man help" -f -a "undo" -d 'Take back the newest operation that is not undone, or the one that is named'
complete -c windrow -n "__fish_windrow_using_subcommand help; and not __fish_seen_subcommand_from start adopt run plan status logs wait stop send path diff review forecast merge clean undo redo history trash report init agents doctor approve shell-init completions man help" -f -a "redo" -d 'Take back the newest undo'
complete -c windrow -n "__fish_windrow_using_subcommand help; and not __fish_seen_subcommand_from start adopt run plan status logs wait stop send path diff review forecast merge clean undo redo history trash report init agents doctor approve shell-init completions man help" -f -a "history" -d 'List what was done, newest first, and what of it is undone'
complete -c windrow -n "__fish_windrow_using_subcommand help; and not __fish_seen_subcommand_from start adopt run plan status logs wait stop send path diff review forecast merge clean undo redo history trash report init agents doctor approve shell-init completions man help" -f -a "trash" -d 'Show the trash, bring things back from it, or empty it'
complete -c windrow -n "__fish_windrow_using_subcommand help; and not __fish_seen_subcommand_from start adopt run plan status logs wait stop send path diff review forecast merge clean undo redo history trash report init agents doctor approve shell-init completions man help" -f -a "report" -d 'Write the integration report of a run: what each task was asked, what came of it, what to do next'
complete -c windrow -n "__fish_windrow_using_subcommand help; and not __fish_seen_subcommand_from start adopt run plan status logs wait stop send path diff review forecast merge clean undo redo history trash report init agents doctor approve shell-init completions man help" -f -a "init" -d 'Write a starter plan.toml and .config/windrow.toml, every key explained'
complete -c windrow -n "__fish_windrow_using_subcommand help; and not __fish_seen_subcommand_from start adopt run plan status logs wait stop send path diff review forecast merge clean undo redo history trash report init agents doctor approve shell-init completions man help" -f -a "agents" -d 'List the agents that a plan can name, and which of them are installed'
complete -c windrow -n "__fish_windrow_using_subcommand help; and not __fish_seen_subcommand_from start adopt run plan status logs wait stop send path diff review forecast merge clean undo redo history trash report init agents doctor approve shell-init completions man help" -f -a "doctor" -d 'Say what this repository and this machine can do, and what is left over of work that was cut off'
complete -c windrow -n "__fish_windrow_using_subcommand help; and not __fish_seen_subcommand_from start adopt run plan status logs wait stop send path diff review forecast merge clean undo redo history trash report init agents doctor approve shell-init completions man help" -f -a "approve" -d 'Approve the commands of the repository\'s own settings, or what an agent changed that decides what runs'
complete -c windrow -n "__fish_windrow_using_subcommand help; and not __fish_seen_subcommand_from start adopt run plan status logs wait stop send path diff review forecast merge clean undo redo history trash report init agents doctor approve shell-init completions man help" -f -a "shell-init" -d 'Print what a shell needs for `wcd NAME`, a cd into a task\'s worktree, and for completion of the names that exist now'
complete -c windrow -n "__fish_windrow_using_subcommand help; and not __fish_seen_subcommand_from start adopt run plan status logs wait stop send path diff review forecast merge clean undo redo history trash report init agents doctor approve shell-init completions man help" -f -a "completions" -d 'Print the completion script of a shell'
complete -c windrow -n "__fish_windrow_using_subcommand help; and not __fish_seen_subcommand_from start adopt run plan status logs wait stop send path diff review forecast merge clean undo redo history trash report init agents doctor approve shell-init completions man help" -f -a "man" -d 'Write the manual pages into a directory'
complete -c windrow -n "__fish_windrow_using_subcommand help; and not __fish_seen_subcommand_from start adopt run plan status logs wait stop send path diff review forecast merge clean undo redo history trash report init agents doctor approve shell-init completions man help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c windrow -n "__fish_windrow_using_subcommand help; and __fish_seen_subcommand_from trash" -f -a "list" -d 'List what lies in the trash, oldest first, and the command that brings each back'
complete -c windrow -n "__fish_windrow_using_subcommand help; and __fish_seen_subcommand_from trash" -f -a "restore" -d 'Bring worktrees and their branches back, though the operation that removed them can no longer be undone'
complete -c windrow -n "__fish_windrow_using_subcommand help; and __fish_seen_subcommand_from trash" -f -a "empty" -d 'Delete what lies in the trash, for good'
