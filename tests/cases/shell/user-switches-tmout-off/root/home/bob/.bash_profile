unset TMOUT
