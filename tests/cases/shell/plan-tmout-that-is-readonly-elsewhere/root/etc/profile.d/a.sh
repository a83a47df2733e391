readonly TMOUT=1800
export TMOUT
