#!/usr/bin/env bash
# Asks the gate from a step of GitHub's: annotations and summary, a SARIF file, and an exit code that decides the run.
set -uo pipefail

ask=("${CONSILIENCE:-consilience}" gate "$RELEASE" --to "$STAGE")
[ "${PREVIEW:-false}" = true ] && ask+=(--preview)

if [ -n "${ROBOT_KEY:-}" ]; then
  key=$(mktemp)
  trap 'rm -f "$key"' EXIT
  chmod 600 "$key"
  printf '%s\n' "$ROBOT_KEY" >"$key"
  export CONSILIENCE_ROBOT_KEY_FILE=$key CONSILIENCE_ROBOT_KEY=${ROBOT_KEY_URN:-}
  unset CONSILIENCE_TOKEN
fi

"${ask[@]}" --format github
code=$?

# The same question for the file, always without another decision on record.
sarif=${RUNNER_TEMP:-/tmp}/consilience.sarif
case " ${ask[*]} " in *" --preview "*) ;; *) ask+=(--preview) ;; esac
"${ask[@]}" --format sarif >"$sarif" 2>/dev/null || true

{
  echo "exit-code=$code"
  echo "sarif=$sarif"
} >>"${GITHUB_OUTPUT:-/dev/null}"

if [ "$code" = 6 ] && [ "${SIGN_OFFS_MISSING:-fail}" = pass ]; then
  echo "Only sign-offs are missing; this run goes on, and the gate stays shut."
  exit 0
fi
exit "$code"
