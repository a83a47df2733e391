umask 000
export TMOUT=0
