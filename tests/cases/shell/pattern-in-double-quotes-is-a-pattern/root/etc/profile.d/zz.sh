if [ "${-#*i}" != "$-" ]; then
  TMOUT=300
fi
export TMOUT
