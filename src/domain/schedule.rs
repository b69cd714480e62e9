//! The schedule of a run: which tasks may begin, what a finished one sets free or makes impossible.

use super::name::TaskName;
use super::outcome::Outcome;

/// Where a task of a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It waits for its dependencies or for a free place.
    Waiting,
    /// It was handed out by [`Schedule::take_ready`].
    Running,
    /// It ran and will run again after a rest, in which its place is free.
    Resting,
    /// It has an outcome.
    Finished(Outcome),
}

#[derive(Debug, Clone)]
struct Node {
    name: TaskName,
    after: Vec<usize>,
    stage: Stage,
    /// Whether dependants may start; `empty` may be a success, so the outcome alone does not say it.
    success: bool,
}

/// The state machine of a run.
#[derive(Debug, Clone)]
pub struct Schedule {
    nodes: Vec<Node>,
    jobs: usize,
    launching: bool,
}

/// A task that cannot run because of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// The task.
    pub task: TaskName,
    /// The dependency that is not done.
    pub because: TaskName,
}

impl Schedule {
    /// Takes tasks with what they come after, in the plan's order, and how many may run at once (at least one).
    /// Dependencies that are not among the tasks are taken as done.
    pub fn new(tasks: &[(TaskName, Vec<TaskName>)], jobs: usize) -> Self {
        let position = |name: &TaskName| tasks.iter().position(|(task, _)| task == name);
        let nodes = tasks.iter().map(|(name, after)| Node {
            name: name.clone(),
            after: after.iter().filter_map(position).collect(),
            stage: Stage::Waiting,
            success: false,
        });
        Self { nodes: nodes.collect(), jobs: jobs.max(1), launching: true }
    }

    /// Hands out the tasks that may begin now, in the plan's order, and counts them as running.
    pub fn take_ready(&mut self) -> Vec<TaskName> {
        self.take_ready_up_to(usize::MAX)
    }

    /// Does so with at most `limit` tasks.
    pub fn take_ready_up_to(&mut self, limit: usize) -> Vec<TaskName> {
        let free = if self.launching { self.jobs.saturating_sub(self.running()) } else { 0 };
        let mut free = free.min(limit);
        let mut taken = Vec::new();
        for i in 0..self.nodes.len() {
            if free > 0 && self.may_begin(i) {
                self.nodes[i].stage = Stage::Running;
                taken.push(self.nodes[i].name.clone());
                free -= 1;
            }
        }
        taken
    }

    /// Tells whether a task could begin now.
    pub fn has_ready(&self) -> bool {
        self.launching && self.jobs > self.running() && (0..self.nodes.len()).any(|i| self.may_begin(i))
    }

    fn may_begin(&self, i: usize) -> bool {
        let node = &self.nodes[i];
        node.stage == Stage::Waiting
            && node
                .after
                .iter()
                .all(|&a| matches!(self.nodes[a].stage, Stage::Finished(_)) && self.nodes[a].success)
    }

    /// Records a task that is alive already, or finished by an earlier run, before the first [`Self::take_ready`].
    pub fn set_running(&mut self, task: &TaskName) {
        self.set_stage(task, Stage::Running);
    }

    /// Records an outcome, and whether dependants may start; gives the tasks that can no longer run, nearest first.
    pub fn finish(&mut self, task: &TaskName, outcome: Outcome, success: bool) -> Vec<Skipped> {
        if let Some(node) = self.node_mut(task) {
            node.stage = Stage::Finished(outcome);
            node.success = success;
        }
        if success { Vec::new() } else { self.skip_dependants() }
    }

    fn skip_dependants(&mut self) -> Vec<Skipped> {
        let mut skipped = Vec::new();
        loop {
            let blocked = (0..self.nodes.len()).find_map(|i| {
                let node = &self.nodes[i];
                let failed =
                    |&a: &usize| matches!(self.nodes[a].stage, Stage::Finished(_)) && !self.nodes[a].success;
                let because = node.after.iter().copied().find(failed)?;
                (node.stage == Stage::Waiting).then_some((i, because))
            });
            let Some((i, because)) = blocked else { return skipped };
            self.nodes[i].stage = Stage::Finished(Outcome::Skipped);
            skipped.push(Skipped {
                task: self.nodes[i].name.clone(),
                because: self.nodes[because].name.clone(),
            });
        }
    }

    /// Lets a task that ran wait for another attempt.
    pub fn rest(&mut self, task: &TaskName) {
        self.set_stage(task, Stage::Resting);
    }

    /// Lets a task that rested begin again.
    pub fn wake(&mut self, task: &TaskName) {
        self.set_stage(task, Stage::Waiting);
    }

    fn set_stage(&mut self, task: &TaskName, stage: Stage) {
        if let Some(node) = self.node_mut(task) {
            node.stage = stage;
        }
    }

    /// Lets no further task begin.
    pub fn stop_launching(&mut self) {
        self.launching = false;
    }

    /// Tells how many tasks run.
    pub fn running(&self) -> usize {
        self.nodes.iter().filter(|node| node.stage == Stage::Running).count()
    }

    /// Tells whether nothing runs and nothing will begin.
    pub fn is_over(&self) -> bool {
        let will_begin = |i| self.may_begin(i) || self.nodes[i].stage == Stage::Resting;
        let may_go_on = self.launching && (0..self.nodes.len()).any(will_begin);
        self.running() == 0 && !may_go_on
    }

    /// Gives each task with its stage, in the plan's order.
    pub fn stages(&self) -> impl Iterator<Item = (&TaskName, Stage)> {
        self.nodes.iter().map(|node| (&node.name, node.stage))
    }

    fn node_mut(&mut self, task: &TaskName) -> Option<&mut Node> {
        self.nodes.iter_mut().find(|node| &node.name == task)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(i: usize) -> TaskName {
        format!("t{i}").parse().unwrap()
    }

    /// Every graph of four tasks with edges to earlier ones, every set of failures, every number of jobs: each run
    /// ends; a task runs exactly if all it comes after succeeded; never more than `jobs` at once.
    #[test]
    fn all_small_runs() {
        let edges: Vec<(usize, usize)> = (0..4).flat_map(|b| (0..b).map(move |a| (b, a))).collect();
        for graph in 0..1u32 << edges.len() {
            for failures in 0..16u32 {
                for jobs in 1..=4 {
                    let after = |b: usize| {
                        let on =
                            edges.iter().enumerate().filter(|(i, (to, _))| graph >> i & 1 == 1 && *to == b);
                        on.map(|(_, (_, a))| *a).collect::<Vec<_>>()
                    };
                    let tasks: Vec<_> =
                        (0..4).map(|b| (name(b), after(b).into_iter().map(name).collect())).collect();
                    let mut schedule = Schedule::new(&tasks, jobs);
                    let mut ran = [false; 4];
                    let mut running: Vec<TaskName> = Vec::new();
                    while !schedule.is_over() {
                        running.extend(schedule.take_ready());
                        assert!(running.len() <= jobs && !running.is_empty());
                        let task = running.remove(0);
                        let i = (0..4).find(|&i| name(i) == task).unwrap();
                        ran[i] = true;
                        let success = failures >> i & 1 == 0;
                        schedule.finish(
                            &task,
                            if success { Outcome::Done } else { Outcome::Failed },
                            success,
                        );
                    }
                    for i in 0..4 {
                        let expected = after(i).iter().all(|&a| ran[a] && failures >> a & 1 == 0);
                        assert_eq!(
                            ran[i], expected,
                            "graph {graph:b} failures {failures:b} jobs {jobs} task {i}"
                        );
                    }
                    assert!(schedule.stages().all(|(_, stage)| matches!(stage, Stage::Finished(_))));
                }
            }
        }
    }

    #[test]
    fn skipped_tasks_name_what_they_waited_for() {
        let tasks = [(name(0), vec![]), (name(1), vec![name(0)]), (name(2), vec![name(1)])];
        let mut schedule = Schedule::new(&tasks, 2);
        assert_eq!(schedule.take_ready(), [name(0)]);
        let skipped = schedule.finish(&name(0), Outcome::Failed, false);
        let pairs: Vec<_> = skipped.iter().map(|s| (s.task.clone(), s.because.clone())).collect();
        assert_eq!(pairs, [(name(1), name(0)), (name(2), name(1))]);
    }

    #[test]
    fn a_task_that_rests_frees_its_place_and_holds_the_run() {
        let tasks = [(name(0), vec![]), (name(1), vec![]), (name(2), vec![name(0)])];
        let mut schedule = Schedule::new(&tasks, 1);
        assert_eq!(schedule.take_ready(), [name(0)]);
        schedule.rest(&name(0));
        assert_eq!(schedule.take_ready(), [name(1)]);
        schedule.finish(&name(1), Outcome::Done, true);
        assert!(schedule.take_ready().is_empty() && !schedule.is_over());
        schedule.wake(&name(0));
        assert_eq!(schedule.take_ready(), [name(0)]);
        schedule.finish(&name(0), Outcome::Done, true);
        assert_eq!(schedule.take_ready(), [name(2)]);
        schedule.rest(&name(2));
        schedule.stop_launching();
        assert!(schedule.is_over());
    }

    #[test]
    fn nothing_begins_after_the_stop() {
        let tasks = [(name(0), vec![]), (name(1), vec![])];
        let mut schedule = Schedule::new(&tasks, 1);
        assert_eq!(schedule.take_ready(), [name(0)]);
        schedule.stop_launching();
        assert!(!schedule.is_over());
        schedule.finish(&name(0), Outcome::Done, true);
        assert!(schedule.is_over() && schedule.take_ready().is_empty());
        assert_eq!(schedule.stages().filter(|(_, stage)| *stage == Stage::Waiting).count(), 1);
    }
}
