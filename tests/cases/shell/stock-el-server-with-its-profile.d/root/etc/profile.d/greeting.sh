# a banner of the kind some distributions print at login
welcome=$(uname -r)
memory_total=$(cat /proc/meminfo | awk '/^MemTotal:/ {printf($2)}')
if [ $memory_total -gt 0 ]
then
    mem_usage=`echo "scale=1; ($memory_total)*100.0/$memory_total" |bc`%
else
    mem_usage=0.0%
fi
users=`users | wc -w`
USER=`whoami`
procs=$(ps aux | wc -l)
ipaddr=$(/usr/bin/hostname -I)
printf "%s %s\n" "$welcome" "$procs"
let x=1+2
echo -e "$ipaddr\n"
