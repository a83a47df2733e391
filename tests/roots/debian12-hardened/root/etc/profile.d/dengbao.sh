umask 027
TMOUT=600
readonly TMOUT
export TMOUT
