
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'windrow' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'windrow'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'windrow' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Run as if started in PATH')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Write colours: on a terminal, always or never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Never send long output to a pager')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be changed, and change nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('start', 'start', [CompletionResultType]::ParameterValue, 'Make a branch and a worktree for each name, in parallel')
            [CompletionResult]::new('adopt', 'adopt', [CompletionResultType]::ParameterValue, 'Make a task of a worktree that something else created')
            [CompletionResult]::new('run', 'run', [CompletionResultType]::ParameterValue, 'Run agents on tasks, in parallel: a worktree, a branch and an agent each')
            [CompletionResult]::new('plan', 'plan', [CompletionResultType]::ParameterValue, 'Show what a plan would run: order, bases, agents, overlapping paths')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show every task: what its agent does, what is uncommitted, how far it is from its base, whether it would merge')
            [CompletionResult]::new('ls', 'ls', [CompletionResultType]::ParameterValue, 'Show every task: what its agent does, what is uncommitted, how far it is from its base, whether it would merge')
            [CompletionResult]::new('logs', 'logs', [CompletionResultType]::ParameterValue, 'Print what a task''s agent wrote')
            [CompletionResult]::new('wait', 'wait', [CompletionResultType]::ParameterValue, 'Wait for running tasks, and say what became of each')
            [CompletionResult]::new('stop', 'stop', [CompletionResultType]::ParameterValue, 'End running tasks: ask their agents, wait a little, then end all of their processes')
            [CompletionResult]::new('send', 'send', [CompletionResultType]::ParameterValue, 'Give a task''s agent a follow-up, in the same session and the same worktree')
            [CompletionResult]::new('path', 'path', [CompletionResultType]::ParameterValue, 'Print the path of a task''s worktree')
            [CompletionResult]::new('diff', 'diff', [CompletionResultType]::ParameterValue, 'Show what a task changed against its merge base: commits, staged, unstaged and untracked in one')
            [CompletionResult]::new('review', 'review', [CompletionResultType]::ParameterValue, 'Read what tasks changed, file by file, and decide what becomes of each')
            [CompletionResult]::new('forecast', 'forecast', [CompletionResultType]::ParameterValue, 'Show which tasks conflict with their base and with each other, where, and in which order they should land')
            [CompletionResult]::new('merge', 'merge', [CompletionResultType]::ParameterValue, 'Merge tasks back into their base: one after the other on the moving tip, dependencies first')
            [CompletionResult]::new('clean', 'clean', [CompletionResultType]::ParameterValue, 'Remove worktrees and branches of finished tasks, with the reason for each')
            [CompletionResult]::new('undo', 'undo', [CompletionResultType]::ParameterValue, 'Take back the newest operation that is not undone, or the one that is named')
            [CompletionResult]::new('redo', 'redo', [CompletionResultType]::ParameterValue, 'Take back the newest undo')
            [CompletionResult]::new('history', 'history', [CompletionResultType]::ParameterValue, 'List what was done, newest first, and what of it is undone')
            [CompletionResult]::new('trash', 'trash', [CompletionResultType]::ParameterValue, 'Show the trash, bring things back from it, or empty it')
            [CompletionResult]::new('report', 'report', [CompletionResultType]::ParameterValue, 'Write the integration report of a run: what each task was asked, what came of it, what to do next')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Write a starter plan.toml and .config/windrow.toml, every key explained')
            [CompletionResult]::new('agents', 'agents', [CompletionResultType]::ParameterValue, 'List the agents that a plan can name, and which of them are installed')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Say what this repository and this machine can do, and what is left over of work that was cut off')
            [CompletionResult]::new('approve', 'approve', [CompletionResultType]::ParameterValue, 'Approve the commands of the repository''s own settings, or what an agent changed that decides what runs')
            [CompletionResult]::new('shell-init', 'shell-init', [CompletionResultType]::ParameterValue, 'Print what a shell needs for `wcd NAME`, a cd into a task''s worktree, and for completion of the names that exist now')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completion script of a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Write the manual pages into a directory')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'windrow;start' {
            [CompletionResult]::new('--base', '--base', [CompletionResultType]::ParameterName, 'Branch or commit to start from [default: HEAD of the worktree one stands in]')
            [CompletionResult]::new('--branch', '--branch', [CompletionResultType]::ParameterName, 'Branch of the task, where it is not to be its name; with one NAME')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Run as if started in PATH')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Write colours: on a terminal, always or never')
            [CompletionResult]::new('--carry', '--carry', [CompletionResultType]::ParameterName, 'Move the uncommitted changes of the worktree one stands in to the new one; with one NAME')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Never send long output to a pager')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be changed, and change nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'windrow;adopt' {
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'Name of the task, where it is not to be the branch''s; with one PATH')
            [CompletionResult]::new('--base', '--base', [CompletionResultType]::ParameterName, 'Branch that it is merged back into [default: the nearest one]')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Run as if started in PATH')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Write colours: on a terminal, always or never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Never send long output to a pager')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be changed, and change nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'windrow;run' {
            [CompletionResult]::new('--task', '--task', [CompletionResultType]::ParameterName, 'Run only this task of the plan; may be given more than once')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'How many agents run at once [default: 4]')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'How many agents run at once [default: 4]')
            [CompletionResult]::new('--base', '--base', [CompletionResultType]::ParameterName, 'Branch or commit to start from, where the plan does not say [default: HEAD]')
            [CompletionResult]::new('--agent', '--agent', [CompletionResultType]::ParameterName, 'Agent for every task: one of the plan''s, of the settings'', or a known client')
            [CompletionResult]::new('--command', '--command', [CompletionResultType]::ParameterName, 'Shell line to run as the agent of every task; it reads the prompt from standard input')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wall-clock limit of each agent, such as 90s, 30m or 2h')
            [CompletionResult]::new('--max-cost', '--max-cost', [CompletionResultType]::ParameterName, 'Start no more agents once the run has cost this many US dollars; running ones finish')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Run as if started in PATH')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Write colours: on a terminal, always or never')
            [CompletionResult]::new('--detach', '--detach', [CompletionResultType]::ParameterName, 'Let the run go on without this terminal, and print how to follow it')
            [CompletionResult]::new('--fresh', '--fresh', [CompletionResultType]::ParameterName, 'Move worktrees and branches of these tasks to the trash first, finished ones too, and begin anew')
            [CompletionResult]::new('--fail-fast', '--fail-fast', [CompletionResultType]::ParameterName, 'After the first task that is not done, start no more')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Never send long output to a pager')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be changed, and change nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'windrow;plan' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Run as if started in PATH')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Write colours: on a terminal, always or never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Never send long output to a pager')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be changed, and change nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'windrow;status' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Run as if started in PATH')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Write colours: on a terminal, always or never')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Show it again whenever something changes, until interrupted')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Never send long output to a pager')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be changed, and change nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'windrow;ls' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Run as if started in PATH')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Write colours: on a terminal, always or never')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Show it again whenever something changes, until interrupted')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Never send long output to a pager')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be changed, and change nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'windrow;logs' {
            [CompletionResult]::new('--run', '--run', [CompletionResultType]::ParameterName, 'The run whose log is meant [default: the last one]')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Run as if started in PATH')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Write colours: on a terminal, always or never')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Go on until the agent ends')
            [CompletionResult]::new('--follow', '--follow', [CompletionResultType]::ParameterName, 'Go on until the agent ends')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'The logs of all tasks; with --follow, what all agents at work write, each line after its task')
            [CompletionResult]::new('--raw', '--raw', [CompletionResultType]::ParameterName, 'Print bytes as they are')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Never send long output to a pager')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be changed, and change nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'windrow;wait' {
            [CompletionResult]::new('--run', '--run', [CompletionResultType]::ParameterName, 'All tasks of this run')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Wait no longer than this, such as 90s, 30m or 2h')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Run as if started in PATH')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Write colours: on a terminal, always or never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Never send long output to a pager')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be changed, and change nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'windrow;stop' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Run as if started in PATH')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Write colours: on a terminal, always or never')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'All running tasks, and the runs that they belong to')
            [CompletionResult]::new('--kill', '--kill', [CompletionResultType]::ParameterName, 'Do not ask, kill')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Never send long output to a pager')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be changed, and change nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'windrow;send' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Run as if started in PATH')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Write colours: on a terminal, always or never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Never send long output to a pager')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be changed, and change nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'windrow;path' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Run as if started in PATH')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Write colours: on a terminal, always or never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Never send long output to a pager')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be changed, and change nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'windrow;diff' {
            [CompletionResult]::new('--attempt', '--attempt', [CompletionResultType]::ParameterName, 'Only what one attempt of the task''s agent changed, counted from 1 over all its runs: from its start to the next one''s, or to now')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Run as if started in PATH')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Write colours: on a terminal, always or never')
            [CompletionResult]::new('--stat', '--stat', [CompletionResultType]::ParameterName, 'Files and counts of lines instead of the text')
            [CompletionResult]::new('--name-only', '--name-only', [CompletionResultType]::ParameterName, 'Names of files only')
            [CompletionResult]::new('--since-review', '--since-review', [CompletionResultType]::ParameterName, 'Only what is new since the task was accepted in `review`; before that, only files not marked as viewed')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Never send long output to a pager')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be changed, and change nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'windrow;review' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Run as if started in PATH')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Write colours: on a terminal, always or never')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Every task that changed something')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Never send long output to a pager')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be changed, and change nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'windrow;forecast' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Run as if started in PATH')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Write colours: on a terminal, always or never')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Show it again whenever something changes, until interrupted')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Never send long output to a pager')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be changed, and change nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'windrow;merge' {
            [CompletionResult]::new('--skip', '--skip', [CompletionResultType]::ParameterName, 'Leave this task out, and what stands on it; may be given more than once')
            [CompletionResult]::new('--into', '--into', [CompletionResultType]::ParameterName, 'Branch to merge into [default: the root of the tasks'' bases]')
            [CompletionResult]::new('--strategy', '--strategy', [CompletionResultType]::ParameterName, 'How commits come into the target [default: merge; with --continue, what --resolve was given]')
            [CompletionResult]::new('--gate', '--gate', [CompletionResultType]::ParameterName, 'Shell line that has to succeed on the merged tree [default: the plan''s at the time of the run, else the settings'']')
            [CompletionResult]::new('-j', '-j', [CompletionResultType]::ParameterName, 'How many states are tested at once [default: half of the processors, at most 4]')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'How many states are tested at once [default: half of the processors, at most 4]')
            [CompletionResult]::new('--gate-retries', '--gate-retries', [CompletionResultType]::ParameterName, 'How often a gate that fails is tried again; one that passes then is flaky, and lands')
            [CompletionResult]::new('--gate-timeout', '--gate-timeout', [CompletionResultType]::ParameterName, 'How long a gate may take on one state; one that takes longer fails [default: the settings'', else no limit]')
            [CompletionResult]::new('--expect', '--expect', [CompletionResultType]::ParameterName, 'Land only if it is exactly what a dry run showed with this digest')
            [CompletionResult]::new('--resolver', '--resolver', [CompletionResultType]::ParameterName, 'Shell line that solves conflicts with the target in a task''s worktree; their paths are in WINDROW_CONFLICTS, and what it makes of them is tested like all else')
            [CompletionResult]::new('-m', '-m', [CompletionResultType]::ParameterName, 'Message of a squash or a merge commit: a template with {task} {branch} {into} {run} {title} {commits} [default of a squash: the settings'' `squash-message`]')
            [CompletionResult]::new('--message', '--message', [CompletionResultType]::ParameterName, 'Message of a squash or a merge commit: a template with {task} {branch} {into} {run} {title} {commits} [default of a squash: the settings'' `squash-message`]')
            [CompletionResult]::new('--message-command', '--message-command', [CompletionResultType]::ParameterName, 'Shell line that writes the message of a task''s squash or merge commit; it reads the change as a patch')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Run as if started in PATH')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Write colours: on a terminal, always or never')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Every task that is done, or was never run, and has something to land')
            [CompletionResult]::new('--no-cache', '--no-cache', [CompletionResultType]::ParameterName, 'Test again what has passed before')
            [CompletionResult]::new('--commit', '--commit', [CompletionResultType]::ParameterName, 'Commit first what is uncommitted in the tasks'' worktrees, hooks and signing included')
            [CompletionResult]::new('--clean', '--clean', [CompletionResultType]::ParameterName, 'Remove the worktrees and branches of what was landed, as clean does')
            [CompletionResult]::new('--resolve', '--resolve', [CompletionResultType]::ParameterName, 'Merge the target into the task''s branch, in its worktree, to solve conflicts there')
            [CompletionResult]::new('--continue', '--continue', [CompletionResultType]::ParameterName, 'Commit the merge that --resolve began, and land the task')
            [CompletionResult]::new('--abort', '--abort', [CompletionResultType]::ParameterName, 'End the merge that --resolve began; the worktree is again as it was before')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Never send long output to a pager')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be changed, and change nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'windrow;clean' {
            [CompletionResult]::new('--discard', '--discard', [CompletionResultType]::ParameterName, 'Let this class of content go with its worktree; may be given more than once')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Run as if started in PATH')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Write colours: on a terminal, always or never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Never send long output to a pager')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be changed, and change nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'windrow;undo' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Run as if started in PATH')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Write colours: on a terminal, always or never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Never send long output to a pager')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be changed, and change nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'windrow;redo' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Run as if started in PATH')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Write colours: on a terminal, always or never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Never send long output to a pager')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be changed, and change nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'windrow;history' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'How many rows to show')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'How many rows to show')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Run as if started in PATH')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Write colours: on a terminal, always or never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Never send long output to a pager')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be changed, and change nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'windrow;trash' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Run as if started in PATH')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Write colours: on a terminal, always or never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Never send long output to a pager')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be changed, and change nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List what lies in the trash, oldest first, and the command that brings each back')
            [CompletionResult]::new('restore', 'restore', [CompletionResultType]::ParameterValue, 'Bring worktrees and their branches back, though the operation that removed them can no longer be undone')
            [CompletionResult]::new('empty', 'empty', [CompletionResultType]::ParameterValue, 'Delete what lies in the trash, for good')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'windrow;trash;list' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Run as if started in PATH')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Write colours: on a terminal, always or never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Never send long output to a pager')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be changed, and change nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'windrow;trash;restore' {
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'The name of the task and the branch that it comes back as')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Run as if started in PATH')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Write colours: on a terminal, always or never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Never send long output to a pager')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be changed, and change nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'windrow;trash;empty' {
            [CompletionResult]::new('--older-than', '--older-than', [CompletionResultType]::ParameterName, 'Only what is older: 30d, 12h')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Run as if started in PATH')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Write colours: on a terminal, always or never')
            [CompletionResult]::new('--permanently', '--permanently', [CompletionResultType]::ParameterName, 'Do not ask: nothing brings back what is deleted')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Never send long output to a pager')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be changed, and change nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'windrow;trash;help' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List what lies in the trash, oldest first, and the command that brings each back')
            [CompletionResult]::new('restore', 'restore', [CompletionResultType]::ParameterValue, 'Bring worktrees and their branches back, though the operation that removed them can no longer be undone')
            [CompletionResult]::new('empty', 'empty', [CompletionResultType]::ParameterValue, 'Delete what lies in the trash, for good')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'windrow;trash;help;list' {
            break
        }
        'windrow;trash;help;restore' {
            break
        }
        'windrow;trash;help;empty' {
            break
        }
        'windrow;trash;help;help' {
            break
        }
        'windrow;report' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Form of the report')
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Run as if started in PATH')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Write colours: on a terminal, always or never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Never send long output to a pager')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be changed, and change nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'windrow;init' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Run as if started in PATH')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Write colours: on a terminal, always or never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Never send long output to a pager')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be changed, and change nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'windrow;agents' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Run as if started in PATH')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Write colours: on a terminal, always or never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Never send long output to a pager')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be changed, and change nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'windrow;doctor' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Run as if started in PATH')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Write colours: on a terminal, always or never')
            [CompletionResult]::new('--fix', '--fix', [CompletionResultType]::ParameterName, 'Recover what was left unfinished')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Never send long output to a pager')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be changed, and change nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'windrow;approve' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Run as if started in PATH')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Write colours: on a terminal, always or never')
            [CompletionResult]::new('--revoke', '--revoke', [CompletionResultType]::ParameterName, 'Take all approvals of this repository back')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Never send long output to a pager')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be changed, and change nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'windrow;shell-init' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Run as if started in PATH')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Write colours: on a terminal, always or never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Never send long output to a pager')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be changed, and change nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'windrow;completions' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Run as if started in PATH')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Write colours: on a terminal, always or never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Never send long output to a pager')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be changed, and change nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'windrow;man' {
            [CompletionResult]::new('-C', '-C ', [CompletionResultType]::ParameterName, 'Run as if started in PATH')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'Write colours: on a terminal, always or never')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Write one JSON document (of `run` and `logs -f`, JSON lines) to standard output')
            [CompletionResult]::new('--no-pager', '--no-pager', [CompletionResultType]::ParameterName, 'Never send long output to a pager')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Leave out narration')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Consent where it would be asked for')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be changed, and change nothing')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'windrow;help' {
            [CompletionResult]::new('start', 'start', [CompletionResultType]::ParameterValue, 'Make a branch and a worktree for each name, in parallel')
            [CompletionResult]::new('adopt', 'adopt', [CompletionResultType]::ParameterValue, 'Make a task of a worktree that something else created')
            [CompletionResult]::new('run', 'run', [CompletionResultType]::ParameterValue, 'Run agents on tasks, in parallel: a worktree, a branch and an agent each')
            [CompletionResult]::new('plan', 'plan', [CompletionResultType]::ParameterValue, 'Show what a plan would run: order, bases, agents, overlapping paths')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show every task: what its agent does, what is uncommitted, how far it is from its base, whether it would merge')
            [CompletionResult]::new('logs', 'logs', [CompletionResultType]::ParameterValue, 'Print what a task''s agent wrote')
            [CompletionResult]::new('wait', 'wait', [CompletionResultType]::ParameterValue, 'Wait for running tasks, and say what became of each')
            [CompletionResult]::new('stop', 'stop', [CompletionResultType]::ParameterValue, 'End running tasks: ask their agents, wait a little, then end all of their processes')
            [CompletionResult]::new('send', 'send', [CompletionResultType]::ParameterValue, 'Give a task''s agent a follow-up, in the same session and the same worktree')
            [CompletionResult]::new('path', 'path', [CompletionResultType]::ParameterValue, 'Print the path of a task''s worktree')
            [CompletionResult]::new('diff', 'diff', [CompletionResultType]::ParameterValue, 'Show what a task changed against its merge base: commits, staged, unstaged and untracked in one')
            [CompletionResult]::new('review', 'review', [CompletionResultType]::ParameterValue, 'Read what tasks changed, file by file, and decide what becomes of each')
            [CompletionResult]::new('forecast', 'forecast', [CompletionResultType]::ParameterValue, 'Show which tasks conflict with their base and with each other, where, and in which order they should land')
            [CompletionResult]::new('merge', 'merge', [CompletionResultType]::ParameterValue, 'Merge tasks back into their base: one after the other on the moving tip, dependencies first')
            [CompletionResult]::new('clean', 'clean', [CompletionResultType]::ParameterValue, 'Remove worktrees and branches of finished tasks, with the reason for each')
            [CompletionResult]::new('undo', 'undo', [CompletionResultType]::ParameterValue, 'Take back the newest operation that is not undone, or the one that is named')
            [CompletionResult]::new('redo', 'redo', [CompletionResultType]::ParameterValue, 'Take back the newest undo')
            [CompletionResult]::new('history', 'history', [CompletionResultType]::ParameterValue, 'List what was done, newest first, and what of it is undone')
            [CompletionResult]::new('trash', 'trash', [CompletionResultType]::ParameterValue, 'Show the trash, bring things back from it, or empty it')
            [CompletionResult]::new('report', 'report', [CompletionResultType]::ParameterValue, 'Write the integration report of a run: what each task was asked, what came of it, what to do next')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Write a starter plan.toml and .config/windrow.toml, every key explained')
            [CompletionResult]::new('agents', 'agents', [CompletionResultType]::ParameterValue, 'List the agents that a plan can name, and which of them are installed')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Say what this repository and this machine can do, and what is left over of work that was cut off')
            [CompletionResult]::new('approve', 'approve', [CompletionResultType]::ParameterValue, 'Approve the commands of the repository''s own settings, or what an agent changed that decides what runs')
            [CompletionResult]::new('shell-init', 'shell-init', [CompletionResultType]::ParameterValue, 'Print what a shell needs for `wcd NAME`, a cd into a task''s worktree, and for completion of the names that exist now')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completion script of a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Write the manual pages into a directory')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'windrow;help;start' {
            break
        }
        'windrow;help;adopt' {
            break
        }
        'windrow;help;run' {
            break
        }
        'windrow;help;plan' {
            break
        }
        'windrow;help;status' {
            break
        }
        'windrow;help;logs' {
            break
        }
        'windrow;help;wait' {
            break
        }
        'windrow;help;stop' {
            break
        }
        'windrow;help;send' {
            break
        }
        'windrow;help;path' {
            break
        }
        'windrow;help;diff' {
            break
        }
        'windrow;help;review' {
            break
        }
        'windrow;help;forecast' {
            break
        }
        'windrow;help;merge' {
            break
        }
        'windrow;help;clean' {
            break
        }
        'windrow;help;undo' {
            break
        }
        'windrow;help;redo' {
            break
        }
        'windrow;help;history' {
            break
        }
        'windrow;help;trash' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List what lies in the trash, oldest first, and the command that brings each back')
            [CompletionResult]::new('restore', 'restore', [CompletionResultType]::ParameterValue, 'Bring worktrees and their branches back, though the operation that removed them can no longer be undone')
            [CompletionResult]::new('empty', 'empty', [CompletionResultType]::ParameterValue, 'Delete what lies in the trash, for good')
            break
        }
        'windrow;help;trash;list' {
            break
        }
        'windrow;help;trash;restore' {
            break
        }
        'windrow;help;trash;empty' {
            break
        }
        'windrow;help;report' {
            break
        }
        'windrow;help;init' {
            break
        }
        'windrow;help;agents' {
            break
        }
        'windrow;help;doctor' {
            break
        }
        'windrow;help;approve' {
            break
        }
        'windrow;help;shell-init' {
            break
        }
        'windrow;help;completions' {
            break
        }
        'windrow;help;man' {
            break
        }
        'windrow;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
