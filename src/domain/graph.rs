//! The graph of tasks and what they come after.

use super::name::TaskName;

/// Finds a cycle in `after` edges and gives it as a path whose last name is its first: `a, b, a` says that `a` comes
/// after `b` and `b` after `a`. Names that are no node are ignored.
pub fn cycle(tasks: &[(TaskName, Vec<TaskName>)]) -> Option<Vec<TaskName>> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Closed,
    }
    fn visit(
        i: usize,
        tasks: &[(TaskName, Vec<TaskName>)],
        marks: &mut [Mark],
        path: &mut Vec<usize>,
    ) -> Option<Vec<usize>> {
        marks[i] = Mark::Open;
        path.push(i);
        for after in &tasks[i].1 {
            let Some(next) = tasks.iter().position(|(name, _)| name == after) else { continue };
            match marks[next] {
                Mark::Open => {
                    let from = path.iter().position(|&n| n == next).unwrap_or(0);
                    return Some(path[from..].iter().copied().chain([next]).collect());
                }
                Mark::New => {
                    if let Some(found) = visit(next, tasks, marks, path) {
                        return Some(found);
                    }
                }
                Mark::Closed => {}
            }
        }
        path.pop();
        marks[i] = Mark::Closed;
        None
    }
    let mut marks = vec![Mark::New; tasks.len()];
    (0..tasks.len()).find_map(|i| {
        let found = if marks[i] == Mark::New { visit(i, tasks, &mut marks, &mut Vec::new()) } else { None };
        found.map(|path| path.into_iter().map(|n| tasks[n].0.clone()).collect())
    })
}

/// Orders tasks so that each stands behind those it comes after; otherwise the given order is kept. The graph must
/// have no cycle; names that are no node are ignored.
pub fn order(tasks: &[(TaskName, Vec<TaskName>)]) -> Vec<TaskName> {
    let mut ordered: Vec<TaskName> = Vec::with_capacity(tasks.len());
    while ordered.len() < tasks.len() {
        let known = |name: &TaskName| tasks.iter().any(|(task, _)| task == name);
        let next = tasks.iter().find(|(name, after)| {
            !ordered.contains(name) && after.iter().all(|a| ordered.contains(a) || !known(a))
        });
        let next = next.or_else(|| tasks.iter().find(|(name, _)| !ordered.contains(name)));
        let Some((name, _)) = next else { break };
        ordered.push(name.clone());
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(edges: &[(&str, &[&str])]) -> Vec<(TaskName, Vec<TaskName>)> {
        let name = |text: &&str| text.parse().unwrap();
        edges.iter().map(|(task, after)| (name(task), after.iter().map(name).collect())).collect()
    }

    fn names(path: Vec<TaskName>) -> Vec<String> {
        path.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn cycles_are_paths() {
        assert_eq!(cycle(&graph(&[("a", &[]), ("b", &["a"])])), None);
        assert_eq!(names(cycle(&graph(&[("a", &["a"])])).unwrap()), ["a", "a"]);
        let found = cycle(&graph(&[("x", &["a"]), ("a", &["b"]), ("b", &["c"]), ("c", &["a"])])).unwrap();
        assert_eq!(names(found), ["a", "b", "c", "a"]);
    }

    #[test]
    fn dependencies_come_first_and_the_order_is_kept() {
        let tasks = graph(&[("d", &["b", "c"]), ("a", &[]), ("b", &["a"]), ("c", &["gone"])]);
        assert_eq!(names(order(&tasks)), ["a", "b", "c", "d"]);
    }
}
