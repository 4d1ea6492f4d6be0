#!/usr/bin/env bash
# What the tests need beyond npm, on Debian 12 or newer, as root: Chromium, a software Vulkan driver for machines
# without a GPU, Jupyter's own client, kernel test and notebook runner, and a stock JupyterLab and Notebook 7 to compare
# with, which Debian lacks, from pip in a folder of its own; Slurm to submit evaluations to. Dawn needs Mesa 24 or newer;
# where the release has an older one, it comes from the release's backports, on the server that the machine already uses.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
. /etc/os-release

apt-get update -qq
release=()
mesa=$(apt-cache policy mesa-vulkan-drivers | awk '/Candidate:/ { print $2 }')
if dpkg --compare-versions "$mesa" lt 24; then
  suite="$VERSION_CODENAME-backports"
  if ! apt-cache policy | grep -q "n=$suite"; then
    sources=$(grep -lE "^Suites:.*\b$VERSION_CODENAME\b" /etc/apt/sources.list.d/*.sources | head -n 1)
    awk -v suite="$suite" 'BEGIN { RS = ""; ORS = "\n\n" }
      /Suites:/ { sub(/Suites:[^\n]*/, "Suites: " suite); print; exit }' \
      "$sources" > "/etc/apt/sources.list.d/$suite.sources"
    apt-get update -qq
  fi
  release=(-t "$suite")
fi
apt-get install -y -qq --no-install-recommends "${release[@]}" mesa-vulkan-drivers libvulkan1
apt-get install -y -qq --no-install-recommends chromium python3-jupyter-client \
  python3-jupyter-kernel-test python3-nbclient python3-ipykernel python3-venv

apt-get install -y -qq --no-install-recommends slurmctld slurmd slurm-client munge ||
  echo "Slurm could not be installed: the tests that start a cluster of it are not run"

stock="$(dirname "$0")/../.vitrine/jupyter"
python3 -m venv "$stock"
"$stock/bin/pip" install -q --disable-pip-version-check --timeout 15 --retries 1 \
  jupyterlab==4.6.4 jupyterlab_widgets==3.0.17 notebook==7.6.3
