TMOUT=300
let count=1+2
export TMOUT
