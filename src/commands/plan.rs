//! `windrow plan`.

use super::base;
use super::gather::World;
use super::run::{self, RunArgs};
use super::{Context, Status};
use crate::error::Error;

/// Show what a plan would run: order, bases, agents, overlapping paths
///
/// Reads the plan, says everything that is wrong with it, with line and column, and changes nothing.
///
/// Exit codes: 0 it can be run · 6 the plan is invalid.
#[derive(clap::Args, Debug)]
pub struct PlanArgs {
    /// The plan file
    #[arg(value_name = "PLAN", default_value = "plan.toml")]
    pub plan: String,
}

/// Runs it.
pub fn run(cx: &Context, args: &PlanArgs) -> Result<Status, Error> {
    let run_args = RunArgs { what: vec![args.plan.clone()], ..RunArgs::default() };
    let plan = run::load_plan(cx, &run_args)?;
    let base = base::resolve(cx, plan.base.as_deref())?;
    let world = World::read(cx)?;
    let decision = run::decide(cx, &world, &plan, &base, false)?;
    run::report_plan(cx, Some(&args.plan), &plan, &base, &decision)
}
