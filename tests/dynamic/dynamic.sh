#!/dyn/bash
# tests/dynamic/dynamic.sh - a Debian in small: its own bash, coreutils, Lua and a musl program,
# with their loaders and libraries, run and answer in TAP
#
# Everything dynamic lies in /dyn.  At the end the areas of four programs are printed as comments:
# tools/dynamic.py compares them with those that Linux showed.
PATH=/dyn
number=0

# check CLAIM VALUE EXPECTED
check() {
	number=$((number + 1))
	if [[ $2 == "$3" ]]; then
		echo "ok $number - $1"
	else
		echo "not ok $number - $1 # ${2@Q} instead of ${3@Q}"
	fi
}

# first FILE: where the first area of its reader begins
first() {
	cat /proc/self/maps | { read -r line; echo "${line%%-*}"; }
}

echo 1..18

# ---- bash ----
declare -A age=([ann]=30 [bob]=41)
[[ "key=value" =~ ^([a-z]+)=(.*)$ ]]
check bash_calculates "$((6 * 7)) $((2 ** 40)) ${#age[@]} ${age[bob]} ${BASH_REMATCH[2]}" \
	"42 1099511627776 2 41 value"
check bash_starts_subshells_and_pipes "$(for i in 1 2 3; do echo $i; done | while read -r x; do printf '%s.' "$x"; done)" "1.2.3."
(exit 7)
check exit_statuses_arrive $? 7
trap 'caught=yes' USR1
kill -USR1 $$
check a_trap_is_run "$caught" yes
check a_here_document_arrives "$(wc -l <<<$'left\nright')" 2
bash -c 'kill -SEGV $$' 2>/dev/null
check a_signal_ends_a_child $? 139

# ---- coreutils ----
check sort_orders_numbers "$(seq 1 1000 | sort -rn | { read -r a; read -r b; echo "$a $b"; })" "1000 999"
check sort_with_threads_orders_many_lines "$(seq 150000 | sort --parallel=3 -n -r -S 4M | { read -r a; echo "$a"; })" 150000
check ls_lists_directories "$(ls -d /proc/1/maps /dyn/ls | { read -r a; read -r b; echo "$a $b"; })" "/dyn/ls /proc/1/maps"
now=$EPOCHSECONDS
seen=$(date +%s)
check date_knows_what_bash_knows "$((seen - now >= 0 && seen - now < 10))" 1
check env_passes_the_environment "$(env -i A=1 B=2 env | sort | { read -r a; read -r b; echo "$a $b"; })" "A=1 B=2"

# ---- Lua ----
check lua_computes "$(lua5.4 -e 'local t = {} for i = 1, 5 do t[#t + 1] = i * i end print(table.concat(t, " "), ("x"):rep(3), 7 // 2, 1 / 4, math.sin(0))')" \
	$'1 4 9 16 25\txxx\t3\t0.25\t0.0'
check lua_collects_garbage "$(lua5.4 -e 'for i = 1, 20000 do local s = ("y"):rep(i % 500) end collectgarbage() print(collectgarbage("count") < 1000)')" true
check lua_reads_files "$(lua5.4 -e 'local n = 0 for l in io.lines("/proc/self/maps") do if l:find("libc.so") then n = n + 1 end end print(n > 2)')" true

# ---- musl ----
check musl_program_runs "$(musl one two)" "args 3, tls 42 43 44, heap 1000000, clock ok, vdso ok"

# ---- loaders ----
loader=$(while read -r area perms offset dev ino name; do [[ $name == */ld-linux* ]] && echo "$name" && break; done </proc/self/maps)
name=${loader##*/} name=${name:0:15}
check the_loader_runs_as_a_program "$("$loader" /dyn/cat /proc/self/comm)" "$name"
check the_auxiliary_vector_is_complete "$(LD_SHOW_AUXV=1 cat /dev/null | while IFS=: read -r name _; do printf '%s ' "$name"; done)" \
	"AT_SYSINFO_EHDR AT_MINSIGSTKSZ AT_HWCAP AT_PAGESZ AT_CLKTCK AT_PHDR AT_PHENT AT_PHNUM AT_BASE AT_FLAGS AT_ENTRY AT_UID AT_EUID AT_GID AT_EGID AT_SECURE AT_RANDOM AT_HWCAP2 AT_EXECFN AT_PLATFORM "
fixed=no
[[ $(first) == "$(first)" ]] && fixed=yes
expected=no
[[ $(</proc/cmdline) == *norandmaps* ]] && expected=yes
check bases_differ_from_run_to_run_unless_told_otherwise $fixed $expected

# ---- areas, for the comparison with Linux ----
show() {
	while read -r line; do echo "# maps $1 $line"; done
}
set -f
cat /proc/self/maps | show cat
bash -c 'while read -r line; do echo "$line"; done </proc/self/maps' | show bash
lua5.4 -e 'for l in io.lines("/proc/self/maps") do print(l) end' | show lua5.4
musl maps | show musl
[[ $number == 18 ]]
